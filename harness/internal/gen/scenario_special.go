package gen

import "attest.example/attest/harness/internal/cases"

// besideSpecial is what decides where the elements of v lie and which of them a row sees. A kernel leaves NaN and Inf out of
// its products, since 0 * NaN is NaN, and looks for them in a second way of its own, which has to follow all of this again.
var besideSpecial = []struct {
	name, words string
	size        func(d dice, t *draft)
	rest        func(d dice, t *draft)
	holds       func(c *cases.Case) bool
}{
	{name: "paged", words: "in pages out of order",
		size: func(d dice, t *draft) { t.lengths(max(t.QLen, 2), d.between(40, 120)) },
		rest: func(d dice, t *draft) {
			cases.AnyPaging(d, &t.Case)
			t.Paging.Page, t.Paging.Order, t.Paging.Shared = pick(d, 2, 4, 8, 16), cases.ShuffledPages, 0
		},
		holds: func(c *cases.Case) bool { return c.Paging.Page > 0 && c.Paging.Order == cases.ShuffledPages }},
	{name: "masked", words: "under a mask that hides some of them",
		size: func(d dice, t *draft) { t.lengths(max(t.QLen, 4), d.between(60, 200)); t.dim(max(t.HeadDim, 4)) },
		rest: func(d dice, t *draft) {
			t.arrayMask(d, anyArrayKind(d), "bhqk", "b1qk", "11qk")
			t.Mask.Fill, t.Mask.Density, t.Mask.Floor = cases.RandomFill, d.between(30, 60), ""
		},
		holds: func(c *cases.Case) bool {
			return shaped(c, "bhqk", "b1qk", "11qk") && c.Mask.Fill == cases.RandomFill && c.Mask.Floor == ""
		}},
	{name: "windowed", words: "before and past a window",
		size: func(d dice, t *draft) { t.lengths(d.between(60, 120), d.between(60, 120)); t.dim(max(t.HeadDim, 4)) },
		rest: func(d dice, t *draft) {
			t.drawMask(d, cases.WindowMask)
			t.Mask.Left, t.Mask.Right = d.between(10, 40), pick(d, 0, 3, 10)
		},
		holds: func(c *cases.Case) bool {
			return c.Mask.Kind == cases.WindowMask && c.QLen >= 60 && c.Mask.Left >= 0 && c.Mask.Left < c.KVLen/2
		}},
	{name: "ragged", words: "past the end of a shorter sequence",
		size: func(d dice, t *draft) {
			t.atLeastTwoBatches()
			t.lengths(max(t.QLen, 2), d.between(60, 120))
			t.dim(max(t.HeadDim, 4))
		},
		rest:  func(d dice, t *draft) { t.Lengths = cases.Lengths{KV: cases.RandomLengths} },
		holds: func(c *cases.Case) bool { return c.Lengths.KV == cases.RandomLengths && c.Batch > 1 }},
	{name: "strided", words: "v with strides of its own",
		size: severalRows,
		rest: func(d dice, t *draft) {
			t.give(d, "v", cases.Scattered)
		},
		holds: func(c *cases.Case) bool { return c.Layout.V.Strides.Given() }},
}

// specialScenarios and specialRegions put NaN and Inf into v beside each of these.
var specialScenarios, specialRegions = func() (scenarios []scenario, regions []Region) {
	for _, x := range besideSpecial {
		region := "special-v-" + x.name
		scenarios = append(scenarios, scenario{name: "NaN or Inf in v, " + x.words, weight: 1, sure: region, size: x.size,
			rest: func(d dice, t *draft) {
				x.rest(d, t)
				t.Values.Q, t.Values.K, t.Scale = pick(d, cases.Normal, cases.Uniform), cases.Normal, nil
				t.Values.V = pick(d, cases.WithNaN, cases.WithInf)
			}})
		regions = append(regions, Region{Name: region, Bugs: []int{52}, Summary: "NaN or Inf in v, " + x.words,
			Holds: func(c *cases.Case) bool {
				return (c.Values.V == cases.WithNaN || c.Values.V == cases.WithInf) && x.holds(c)
			}})
	}
	return scenarios, regions
}()
