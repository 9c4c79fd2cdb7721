package report_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"attest.example/attest/harness/internal/report"
)

// browser is the one to test pages in. Without one the test is skipped, loudly; CI installs it.
func browser(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("sh", "chromium.sh").Output()
	if err != nil {
		fmt.Fprintln(os.Stderr, "\n*** THE PAGES WERE NOT TESTED: there is no chromium here (apt-get install chromium) ***")
		t.Skip("no chromium")
	}
	return strings.TrimSpace(string(out))
}

func chromium(t *testing.T, name string, args ...string) (stdout, stderr string) {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, name, append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--enable-logging=stderr",
		"--virtual-time-budget=4000", "--user-data-dir=" + t.TempDir()}, args...)...)
	cmd.WaitDelay = 5 * time.Second
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(t, cmd.Run(), errs.String())
	return out.String(), errs.String()
}

// framed is the page in a frame of a width of its own: a headless window does not become as narrow as a telephone. What
// probe finds is written into the outer page.
func framed(t *testing.T, page string, width int, probe string) string {
	t.Helper()
	inner := base64.StdEncoding.EncodeToString([]byte(page))
	outer := fmt.Sprintf(`<!DOCTYPE html><meta charset="utf-8"><meta name="color-scheme" content="light dark"><body style="margin:0"><iframe id="f" style="border:0;width:%dpx;height:4000px"></iframe><pre id="found"></pre>
<script>
const frame = document.getElementById("f");
frame.onload = () => { let found; try { found = (%s)(frame.contentWindow, frame.contentDocument); } catch (e) { found = { thrown: String(e) }; }
document.getElementById("found").textContent = "FOUND" + btoa(unescape(encodeURIComponent(JSON.stringify(found)))) + "END"; };
frame.srcdoc = new TextDecoder().decode(Uint8Array.from(atob("%s"), (c) => c.charCodeAt(0)));
</script>`, width, probe, inner)
	file := filepath.Join(t.TempDir(), "frame.html")
	require.NoError(t, os.WriteFile(file, []byte(outer), 0o644))
	return file
}

const probe = `(w, d) => {
	const found = { overflow: [], contrast: [], sorted: [], tip: "", keys: "", dark: w.matchMedia("(prefers-color-scheme: dark)").matches };
	const width = d.documentElement.clientWidth;
	if (d.documentElement.scrollWidth > width) found.overflow.push("the page is " + d.documentElement.scrollWidth + " wide");
	for (const e of d.querySelectorAll("main *")) {
		if (e.closest(".scroll") && !e.matches(".scroll") || e.closest("pre") && !e.matches("pre") || e.closest("svg") && !e.matches("svg")) continue;
		const box = e.getBoundingClientRect();
		if (box.width > 0 && box.right > width + 0.5) found.overflow.push(e.tagName + "." + e.className + " ends at " + box.right);
	}
	// A table of a few numbers is seen whole: nobody scrolls it to find another column.
	for (const e of d.querySelectorAll(".tables .scroll"))
		if (e.scrollWidth > e.clientWidth) found.overflow.push("the table " + e.querySelector("caption").textContent + " is " + e.scrollWidth + " wide in " + e.clientWidth);
	const channels = (text) => text.match(/[\d.]+/g).map(Number);
	const light = (c) => { const [r, g, b] = c.slice(0, 3).map((x) => { x /= 255; return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
	const behind = (e) => { for (; e; e = e.parentElement) { const c = channels(w.getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
	const seen = new Set();
	for (const e of d.querySelectorAll("main *")) {
		const text = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
		if (!text || e.closest("script, style") || e.getClientRects().length === 0) continue;
		const inSVG = e.closest("svg");
		const fore = channels(inSVG ? w.getComputedStyle(e).fill : w.getComputedStyle(e).color);
		const a = light(fore), b = light(behind(inSVG ? inSVG.parentElement : e));
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) seen.add(e.tagName + "." + (e.className.baseVal ?? e.className) + " " + fore + ": " + ratio.toFixed(2));
	}
	found.contrast = [...seen];
	const table = d.querySelector("table[data-slowest]");
	for (const column of [0, 3]) {
		const button = table.tHead.rows[0].cells[column].querySelector("button");
		for (let turn = 0; turn < 2; turn++) {
			button.click();
			found.sorted.push([...table.tBodies[0].rows].map((r) => parseFloat(r.cells[column].dataset.value ?? r.cells[column].textContent)));
		}
	}
	const svg = d.querySelector(".map"), tip = svg.parentElement.querySelector("output");
	const m = svg.getScreenCTM();
	const at = new w.DOMPoint(20 * 10 + 5, 5 * 10 + 5).matrixTransform(m);
	svg.dispatchEvent(new w.PointerEvent("pointermove", { clientX: at.x, clientY: at.y, bubbles: true }));
	found.tip = tip.textContent;
	svg.focus();
	svg.dispatchEvent(new w.KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
	svg.dispatchEvent(new w.KeyboardEvent("keydown", { key: "ArrowUp", bubbles: true }));
	found.keys = tip.textContent;
	found.images = [...d.images].length;
	found.cell = JSON.parse(d.querySelector("script[data-map]").textContent).cells;
	return found;
}`

type found struct {
	Overflow []string    `json:"overflow"`
	Contrast []string    `json:"contrast"`
	Sorted   [][]float64 `json:"sorted"`
	Tip      string      `json:"tip"`
	Keys     string      `json:"keys"`
	Dark     bool        `json:"dark"`
	Cell     [][]float64 `json:"cell"`
	Thrown   string      `json:"thrown"`
}

var (
	foundText = regexp.MustCompile(`FOUND([A-Za-z0-9+/=]+)END`)
	complaint = regexp.MustCompile(`(?m)^.*:CONSOLE.*$`)
)

func TestPageInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("make test runs it")
	}
	name := browser(t)
	dir := runDir(t)
	_, err := report.Save(dir)
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(dir, "report.html"))
	require.NoError(t, err)
	for _, width := range []int{360, 1440} {
		for scheme, setting := range map[string]string{"light": "1", "dark": "0"} {
			t.Run(fmt.Sprintf("%d %s", width, scheme), func(t *testing.T) {
				file := framed(t, string(text), width, probe)
				out, errs := chromium(t, name, "--dump-dom", "--window-size=1500,1200", "--blink-settings=preferredColorScheme="+setting, "file://"+file)
				require.Empty(t, complaint.FindAllString(errs, -1))
				m := foundText.FindStringSubmatch(out)
				require.NotNil(t, m, "nothing found; %s", errs)
				raw, err := base64.StdEncoding.DecodeString(m[1])
				require.NoError(t, err)
				var f found
				require.NoError(t, json.Unmarshal(raw, &f))
				require.Empty(t, f.Thrown)
				require.Equal(t, scheme == "dark", f.Dark)
				require.Empty(t, f.Overflow)
				require.Empty(t, f.Contrast)
				require.Len(t, f.Sorted, 4)
				for i, column := range f.Sorted {
					require.Greater(t, len(column), 5)
					for j := 1; j < len(column); j++ {
						if i%2 == 0 {
							require.LessOrEqual(t, column[j-1], column[j])
						} else {
							require.GreaterOrEqual(t, column[j-1], column[j])
						}
					}
				}
				// 70 rows are shown by eights, so that row 5 of the map stands for rows 40 to 47.
				require.Equal(t, fmt.Sprintf("rows 40 to 47, column 20: the worst is %v times its bound", f.Cell[5][20]), f.Tip)
				require.Equal(t, fmt.Sprintf("rows 32 to 39, column 21: the worst is %v times its bound", f.Cell[4][21]), f.Keys)
				require.NotEqual(t, f.Cell[5][20], f.Cell[4][21])
			})
		}
	}
	t.Run("from its file", func(t *testing.T) {
		_, errs := chromium(t, name, "--dump-dom", "file://"+filepath.Join(dir, "report.html"))
		require.Empty(t, complaint.FindAllString(errs, -1))
	})
}

// TestScreenshots writes pictures of a page where ATTEST_SCREENSHOTS names a folder: the two that the README shows, and
// the whole page at both widths in both schemes, for people to look at, in a folder below. ATTEST_SCREENSHOTS_RUN is the
// run directory; without it the page is that of the tests. make eight calls it.
func TestScreenshots(t *testing.T) {
	to := os.Getenv("ATTEST_SCREENSHOTS")
	if to == "" {
		t.Skip("ATTEST_SCREENSHOTS names no folder")
	}
	name := browser(t)
	dir := os.Getenv("ATTEST_SCREENSHOTS_RUN")
	if dir == "" {
		dir = runDir(t)
	}
	var page bytes.Buffer
	require.NoError(t, report.Write(&page, dir))
	parent, err := filepath.Abs(filepath.Dir(dir)) // a picture for others shows no path of this machine
	require.NoError(t, err)
	text := strings.ReplaceAll(page.String(), parent+"/", "")
	whole := filepath.Join(t.TempDir(), "whole")
	if keep := os.Getenv("ATTEST_SCREENSHOTS_WHOLE"); keep != "" {
		whole = keep
	}
	require.NoError(t, os.MkdirAll(whole, 0o755))
	for _, shot := range []struct {
		file          string
		width, height int
		dark          bool
	}{
		{filepath.Join(to, "report-light.png"), 880, 900, false}, {filepath.Join(to, "report-dark-360.png"), 360, 900, true},
		{filepath.Join(whole, "360-light.png"), 360, 4000, false}, {filepath.Join(whole, "360-dark.png"), 360, 4000, true},
		{filepath.Join(whole, "1440-light.png"), 1440, 4000, false}, {filepath.Join(whole, "1440-dark.png"), 1440, 4000, true},
	} {
		scheme := "1"
		if shot.dark {
			scheme = "0"
		}
		probe := "() => 0"
		if filepath.Dir(shot.file) == filepath.Clean(to) {
			probe = oneFinding
		}
		file := framed(t, text, shot.width, probe)
		raw := filepath.Join(t.TempDir(), "raw.png")
		chromium(t, name, "--screenshot="+raw, fmt.Sprintf("--window-size=%d,%d", max(shot.width, 500), shot.height), "--blink-settings=preferredColorScheme="+scheme, "file://"+file)
		require.NoError(t, shrink(raw, shot.file, shot.width, shot.height))
		if filepath.Dir(shot.file) == filepath.Clean(to) {
			info, err := os.Stat(shot.file)
			require.NoError(t, err)
			require.Less(t, info.Size(), int64(60_000), "%s is for the README", shot.file)
		}
	}
}

// oneFinding leaves of a page's findings the one with the largest map: there is room for one.
const oneFinding = `(w, d) => {
	const cells = (a) => Math.max(0, ...[...a.querySelectorAll("script[data-map]")].map((s) => { const c = JSON.parse(s.textContent).cells; return c.length * c[0].length; }));
	const list = [...d.querySelectorAll("article")].sort((a, b) => cells(b) - cells(a));
	for (const other of list.slice(1)) other.remove();
	return list.length;
}`

// shrink cuts a picture and keeps its 255 most frequent colours, the others by the nearest of them: a page has few.
func shrink(from, to string, width, height int) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	full, err := png.Decode(in)
	if err != nil {
		return err
	}
	area := image.Rect(0, 0, width, height).Intersect(full.Bounds())
	count := map[color.RGBA]int{}
	for y := range area.Dy() {
		for x := range area.Dx() {
			count[color.RGBAModel.Convert(full.At(x, y)).(color.RGBA)]++
		}
	}
	colours := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	var palette color.Palette
	for _, c := range colours[:min(len(colours), 255)] {
		palette = append(palette, c)
	}
	out := image.NewPaletted(area, palette)
	nearest := map[color.RGBA]uint8{}
	for y := range area.Dy() {
		for x := range area.Dx() {
			c := color.RGBAModel.Convert(full.At(x, y)).(color.RGBA)
			i, known := nearest[c]
			if !known {
				i = uint8(palette.Index(c))
				nearest[c] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&b, out); err != nil {
		return err
	}
	return os.WriteFile(to, b.Bytes(), 0o644)
}
