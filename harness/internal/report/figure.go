package report

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"image/color"
	"math"
	"regexp"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"attest.example/attest/harness/internal/record"
	"attest.example/attest/harness/internal/verdict"
)

// figure is a plot with what it shows in words.
type figure struct {
	Title, Caption string
	SVG            template.HTML
}

// The colours are of middle brightness, so that they show on a light page and on a dark one; what is black becomes the
// page's own colour.
var (
	blue = color.RGBA{0x3b, 0x82, 0xc4, 0xff}
	red  = color.RGBA{0xd9, 0x48, 0x3b, 0xff}
	grey = color.RGBA{0x8a, 0x8a, 0x8a, 0xff}
)

const (
	width  = 15 * vg.Centimeter
	height = 9 * vg.Centimeter
)

func figures(h record.Header, results []record.Result) ([]figure, error) {
	var list []figure
	for _, make := range []func(record.Header, []record.Result) (*plot.Plot, figure, error){lengths, ratiosByPrecision, ratiosByRegime, speed} {
		p, f, err := make(h, results)
		if err != nil {
			return nil, fmt.Errorf("plot %q: %w", f.Title, err)
		}
		if p == nil {
			continue // nothing to show
		}
		if f.SVG, err = inline(p, f.Title); err != nil {
			return nil, fmt.Errorf("plot %q: %w", f.Title, err)
		}
		list = append(list, f)
	}
	return list, nil
}

func blank() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, f := range []*font.Font{&p.Title.TextStyle.Font, &p.X.Label.TextStyle.Font, &p.Y.Label.TextStyle.Font,
		&p.X.Tick.Label.Font, &p.Y.Tick.Label.Font, &p.Legend.TextStyle.Font} {
		f.Variant = "Sans"
	}
	p.Legend.Top = true
	return p
}

// inline returns the plot as an svg element without a size of its own, in the page's font and colour.
func inline(p *plot.Plot, label string) (template.HTML, error) {
	canvas := vgsvg.New(width, height)
	p.Draw(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return "", err
	}
	text := b.String()
	text = text[strings.Index(text, "<svg"):]
	text = comments.ReplaceAllString(text, "")
	text = sizes.ReplaceAllString(text, `<svg class="plot" role="img" aria-label="`+template.HTMLEscapeString(label)+`" viewBox="$1"`)
	text = fonts.ReplaceAllString(text, "")
	text = spaces.ReplaceAllString(text, "")
	text = strings.ReplaceAll(text, "#000000", "currentColor")
	return template.HTML(text), nil // gonum escapes the labels, which are ours or a format's name
}

var (
	comments = regexp.MustCompile(`(?s)<!--.*?-->`)
	sizes    = regexp.MustCompile(`(?s)<svg [^>]*?viewBox="([^"]*)"`)
	spaces   = regexp.MustCompile(`\s+xmlns(:\w+)?="[^"]*"`)
	fonts    = regexp.MustCompile(`font-family:[^;"]*;?`)
)

// lengths shows which lengths were tried.
func lengths(_ record.Header, results []record.Result) (*plot.Plot, figure, error) {
	f := figure{Title: "q_len and kv_len that were tried", Caption: "A dot is a case; failures are red crosses, what could not be judged is grey."}
	var passed, failed, other plotter.XYs
	none := false
	for _, r := range results {
		at := plotter.XY{X: onLogScale(r.Case.QLen), Y: onLogScale(r.Case.KVLen)}
		none = none || r.Case.QLen == 0 || r.Case.KVLen == 0
		switch {
		case r.Kind.Fails():
			failed = append(failed, at)
		case r.Kind == verdict.Pass:
			passed = append(passed, at)
		default:
			other = append(other, at)
		}
	}
	if len(results) == 0 {
		return nil, f, nil
	}
	p := blank()
	p.X.Label.Text, p.Y.Label.Text = "q_len", "kv_len"
	err := scatter(p, []series{{"not judged", other, grey, draw.CircleGlyph{}}, {"passed", passed, blue, draw.CircleGlyph{}}, {"failed", failed, red, draw.CrossGlyph{}}})
	if none {
		f.Caption += " A length of 0 is drawn at 0.5."
	}
	logarithmic(&p.X)
	logarithmic(&p.Y)
	return p, f, err
}

// onLogScale is where a length stands on a scale that has no 0.
func onLogScale(length int) float64 { return max(float64(length), 0.5) }

type series struct {
	name   string
	points plotter.XYs
	color  color.Color
	shape  draw.GlyphDrawer
}

func scatter(p *plot.Plot, list []series) error {
	for _, s := range list {
		if len(s.points) == 0 {
			continue
		}
		dots, err := plotter.NewScatter(thin(s.points))
		if err != nil {
			return err
		}
		dots.Color, dots.Radius, dots.Shape = s.color, vg.Points(2), s.shape
		p.Add(dots)
		p.Legend.Add(s.name, dots)
	}
	return nil
}

// maxDots bounds what a page draws of one kind; of more, equal ones are drawn once and then every nth.
const maxDots = 2000

func thin(points plotter.XYs) plotter.XYs {
	points = slices.Clone(points)
	slices.SortFunc(points, func(a, b plotter.XY) int { return cmp.Or(cmp.Compare(a.X, b.X), cmp.Compare(a.Y, b.Y)) })
	points = slices.Compact(points)
	if len(points) <= maxDots {
		return points
	}
	step := (len(points) + maxDots - 1) / maxDots
	var some plotter.XYs
	for i := 0; i < len(points); i += step {
		some = append(some, points[i])
	}
	return some
}

// logarithmic puts an axis, whose points are there already, on a scale of powers of ten. Where all points are one, the
// plot would take the range from one below to one above it: from 0, which has no logarithm.
func logarithmic(a *plot.Axis) {
	if a.Min == a.Max {
		a.Min, a.Max = a.Min/2, a.Max*2
	}
	a.Scale = plot.LogScale{}
	a.Tick.Marker = plot.TickerFunc(func(low, high float64) []plot.Tick {
		var ticks []plot.Tick
		if !(low > 0) || math.IsInf(high, 0) {
			return nil // such an axis has no end of powers
		}
		for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
			for _, m := range []float64{1, 2, 5} {
				if x := m * math.Pow(10, e); x >= low*0.999 && x <= high*1.001 {
					t := plot.Tick{Value: x}
					if m == 1 || high/low < 200 {
						t.Label = number(x)
					}
					ticks = append(ticks, t)
				}
			}
		}
		return ticks
	})
}

func ratiosByPrecision(_ record.Header, results []record.Result) (*plot.Plot, figure, error) {
	f := figure{Title: "Error over bound, by precision",
		Caption: "Of each case its worst element: boxes hold the middle half of the cases, the line in it is the median. Past 1 is wrong."}
	p, err := boxes(results, func(r record.Result) string { return r.Case.Input.String() })
	return p, f, err
}

func ratiosByRegime(_ record.Header, results []record.Result) (*plot.Plot, figure, error) {
	f := figure{Title: "Error over bound, by how q and k are drawn", Caption: "The same, by the values of q; where k's differ, of those too."}
	p, err := boxes(results, func(r record.Result) string {
		q, k := string(r.Case.Values.Q), string(r.Case.Values.K)
		if q == "" {
			q = "normal"
		}
		if k == "" {
			k = "normal"
		}
		if q == k {
			return q
		}
		return q + ", k " + k
	})
	return p, f, err
}

// maxBoxes bounds the groups of one plot, least is how many cases a group needs.
const maxBoxes = 12

// boxes draws a box for each group's ratios, as powers of ten.
func boxes(results []record.Result, group func(record.Result) string) (*plot.Plot, error) {
	values := map[string]plotter.Values{}
	for _, r := range results {
		if r.Elements == 0 || !(r.WorstRatio > 0) || math.IsInf(r.WorstRatio, 0) {
			continue
		}
		name := group(r)
		values[name] = append(values[name], math.Log10(max(r.WorstRatio, 1e-6)))
	}
	var names []string
	for name := range values {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(values[b]), len(values[a])), cmp.Compare(a, b))
	})
	names = names[:min(len(names), maxBoxes)]
	if len(names) == 0 {
		return nil, nil
	}
	slices.Reverse(names)
	p := blank()
	for i, name := range names {
		box, err := plotter.NewBoxPlot(vg.Points(11), float64(i), values[name])
		if err != nil {
			return nil, err
		}
		box.Horizontal = true
		box.FillColor = color.RGBA{0x3b, 0x82, 0xc4, 0x60}
		box.GlyphStyle.Radius, box.GlyphStyle.Color = vg.Points(1.5), grey
		p.Add(box)
		names[i] = fmt.Sprintf("%s (%d)", name, len(values[name]))
	}
	p.NominalY(names...)
	p.X.Label.Text = "error / bound"
	p.X.Max = max(p.X.Max, 0.1)
	p.X.Tick.Marker = plot.TickerFunc(func(low, high float64) []plot.Tick {
		var ticks []plot.Tick
		step := math.Max(1, math.Ceil((high-low)/9))
		for e := math.Ceil(low); e <= high; e += step {
			ticks = append(ticks, plot.Tick{Value: e, Label: number(math.Pow(10, e))})
		}
		return ticks
	})
	one, err := plotter.NewLine(plotter.XYs{{X: 0, Y: -0.6}, {X: 0, Y: float64(len(names)) - 0.4}})
	if err != nil {
		return nil, err
	}
	one.Color, one.Dashes = red, []vg.Length{vg.Points(3), vg.Points(3)}
	p.Add(one)
	return p, nil
}

// speed shows the rate of each case over its work, under what the device can do.
func speed(h record.Header, results []record.Result) (*plot.Plot, figure, error) {
	f := figure{Title: "Speed against the size of the case",
		Caption: "GFLOP/s that the mask leaves needed, by the device's own clock, over the operations of a dispatch; the device's measured peak is the dashed line."}
	var points plotter.XYs
	for _, r := range results {
		if r.Needed > 0 {
			points = append(points, plotter.XY{X: record.NeededFLOP(r.Case), Y: r.Needed})
		}
	}
	points = slices.DeleteFunc(points, func(at plotter.XY) bool { return !(at.X > 0) || math.IsInf(at.Y, 0) }) // a line of results may hold anything
	if len(points) == 0 {
		return nil, f, nil
	}
	p := blank()
	p.X.Label.Text, p.Y.Label.Text = "operations of a dispatch", "GFLOP/s"
	if err := scatter(p, []series{{"a case", points, blue, draw.CircleGlyph{}}}); err != nil {
		return nil, f, err
	}
	if h.Peak > 0 {
		low, high := points[0].X, points[0].X
		for _, at := range points {
			low, high = min(low, at.X), max(high, at.X)
		}
		peak, err := plotter.NewLine(plotter.XYs{{X: low, Y: h.Peak / 1e9}, {X: max(high, low*1.01), Y: h.Peak / 1e9}})
		if err != nil {
			return nil, f, err
		}
		peak.Color, peak.Dashes = red, []vg.Length{vg.Points(3), vg.Points(3)}
		p.Add(peak)
		p.Legend.Add("peak", peak)
		p.Legend.Top = false
	} else {
		f.Caption = "GFLOP/s that the mask leaves needed, by the device's own clock, over the operations of a dispatch. The device's peak is not known."
	}
	logarithmic(&p.X)
	logarithmic(&p.Y)
	return p, f, nil
}
