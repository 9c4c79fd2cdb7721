package cases

import (
	"encoding/binary"
	"fmt"

	"attest.example/attest/harness/internal/precision"
)

// Paging stores k and v in pages of some rows, as caches of servers do: a table names for every batch entry the pages
// that hold its keys, in order. Row r of entry b is row r modulo page of page table[b][r/page]. The layouts of k and v are
// then those of all pages, [pages, kv_heads, page, head_dim]. Rows of the last page past kv_len, and pages that no entry
// uses, hold slack.
type Paging struct {
	Page   int       `json:"page,omitzero"`   // rows of a page; 0: k and v are not paged
	Order  PageOrder `json:"order,omitzero"`  // default ascending
	Shared int       `json:"shared,omitzero"` // the first so many pages of every entry are those of the first entry
}

// PageOrder is the order in which an entry's pages lie.
type PageOrder string

// The orders.
const (
	AscendingPages PageOrder = "ascending" // the entries' pages one after the other
	ReversedPages  PageOrder = "reversed"  // the last page first
	ShuffledPages  PageOrder = "shuffled"  // any order, entries mixed
)

const maxPage = 1 << 16

// sparePages are never used by any entry: what they hold must not reach an output.
const sparePages = 2

// pagesEach is how many pages an entry has.
func (c *Case) pagesEach() int {
	if c.Paging.Page == 0 {
		return 0
	}
	return (c.KVLen + c.Paging.Page - 1) / c.Paging.Page
}

// PageCount is how many pages k and v have in memory, spare ones included.
func (c *Case) PageCount() int { return c.Batch*c.pagesEach() + sparePages }

func (p Paging) words() string {
	if p.Page == 0 {
		return ""
	}
	words := fmt.Sprintf(", k and v in pages of %d", p.Page)
	if p.Order != "" {
		words += " " + string(p.Order)
	}
	if p.Shared > 0 {
		words += fmt.Sprintf(", the first %d shared", p.Shared)
	}
	return words
}

// room makes k and v paged where they are not yet.
func (p *Paging) room() {
	if p.Page == 0 {
		p.Page = 16
	}
}

// imposed draws a field where a case is wanted that differs in it alone, and makes it one that a filter can ask for.
func (f Field) imposed(draw func(Dice, *Case)) Field {
	f.Impose = draw
	set, setInt := f.set, f.setInt
	f.set = func(c *Case, text string) error { c.Paging.room(); return set(c, text) }
	if setInt != nil {
		f.setInt = func(c *Case, n int) {
			if n > 0 {
				c.Paging.room()
			}
			setInt(c, n)
		}
	}
	return f
}

func pagingFields() []Field {
	paged := func(c *Case) bool { return c.Paging.Page > 0 }
	page := func(c *Case) *int { return &c.Paging.Page }
	shared := func(c *Case) *int { return &c.Paging.Shared }
	orders := []PageOrder{AscendingPages, ReversedPages, ShuffledPages}
	list := []Field{
		integerField("paging.page", "rows of a page of k and v; 0: they are not paged", 0, maxPage, page).
			usual(64).slack(page).otherwise("0").
			alone(func(c *Case) { c.Paging = Paging{} }).
			told(func(c *Case) string { return c.Paging.words() }).
			refused("paging: k and v are not read through a table of pages").drawn(drawPaging,
			Region{Name: "paged", Summary: "k and v in pages, several an entry", Holds: func(c *Case) bool { return c.pagesEach() > 1 }},
			Region{Name: "paged-ragged", Summary: "pages whose last is not full", Holds: func(c *Case) bool {
				return c.pagesEach() > 1 && c.KVLen%c.Paging.Page != 0
			}},
			Region{Name: "paged-decode", Summary: "a few queries over a paged cache, grouped heads", Holds: func(c *Case) bool {
				return c.pagesEach() > 1 && c.QLen <= 8 && c.KVHeads < c.Heads
			}}),
		wordField("paging.order", "in which order pages lie", func(c *Case) *PageOrder { return &c.Paging.Order }, isFirst,
			orders, []PageOrder{"", ReversedPages}).
			only("pages", paged).otherwise("ascending").
			plain(func(c *Case) { c.Paging.Order = "" }).
			refused("paging: k and v are not read through a table of pages").drawn(func(Dice, *Case) {},
			Region{Name: "paged-shuffled", Summary: "pages in any order, several entries", Holds: func(c *Case) bool {
				return c.Paging.Order == ShuffledPages && c.Batch > 1 && c.pagesEach() > 1
			}}),
		integerField("paging.shared", "leading pages that all batch entries share", 0, MaxLen, shared).slack(shared).
			only("pages", paged).otherwise("0").
			then(func(c *Case) error {
				if c.Batch == 1 {
					c.Paging.Shared = 0 // shared with nobody
				}
				return inRange("paging.shared", c.Paging.Shared, 0, c.pagesEach())
			}).
			refused("paging: k and v are not read through a table of pages").drawn(func(Dice, *Case) {},
			Region{Name: "paged-shared", Summary: "pages that several batch entries share", Holds: func(c *Case) bool {
				return c.Paging.Shared > 0
			}}),
	}
	unshared := func(d Dice, c *Case) {
		AnyPaging(d, c)
		c.Paging.Shared = 0
	}
	list[0] = list[0].opened(Opening{Make: unshared})
	list[1] = list[1].opened(Opening{Make: unshared, With: "paging.page"})
	list[2] = list[2].opened(Opening{Make: unshared, Batches: 2})
	list[0].Impose = func(d Dice, c *Case) { c.Paging.Page = 1 + d.Intn(max(2, c.KVLen)) }
	list[1] = list[1].imposed(func(d Dice, c *Case) { c.Paging.Order = []PageOrder{"", ReversedPages, ShuffledPages}[d.Intn(3)] })
	list[2] = list[2].imposed(func(d Dice, c *Case) { c.Paging.Shared = d.Intn(c.pagesEach() + 1) })
	return list
}

// drawPaging pages a few cases.
func drawPaging(d Dice, c *Case) {
	if d.Intn(100) < 5 {
		AnyPaging(d, c)
	}
}

// AnyPaging draws pages for a case.
func AnyPaging(d Dice, c *Case) {
	sizes := []int{1, 2, 3, 8, 16, 16, 32, 64, 7}
	c.Paging = Paging{Page: sizes[d.Intn(len(sizes))]}
	if n := max(1, c.KVLen/2); c.Paging.Page > n { // two pages, where there are two keys
		c.Paging.Page = n
	}
	c.Paging.Order = []PageOrder{"", ReversedPages, ShuffledPages, ShuffledPages}[d.Intn(4)]
	if each := c.pagesEach(); c.Batch > 1 && each > 0 && d.Intn(3) == 0 {
		c.Paging.Shared = 1 + d.Intn(each)
	}
	for _, name := range []string{"k", "v"} { // strides that were given for rows in one piece
		c.Layout.Operand(name).Strides = Strides{}
	}
}

// pages is the table by which rows are found, as a tensor of a case has it.
type pages struct {
	page  int
	each  int     // pages of an entry
	count int     // of all
	table *Tensor // 4-byte integers [batch, each]
}

func (p *pages) of(b, r int) int {
	return int(binary.LittleEndian.Uint32(p.table.Data[4*(b*p.each+r/p.page):]))
}

// Paged returns the rows of a page and the number of pages of a paged operand; 0: it is not paged.
func (t *Tensor) Paged() (page, count int) {
	if t.pages == nil {
		return 0, 0
	}
	return t.pages.page, t.pages.count
}

// Page makes k and v ones that are read through the table.
func (t *Tensors) Page(page, count int) {
	if t.Table == nil {
		return
	}
	p := &pages{page: page, each: t.Table.Shape[3], count: count, table: t.Table}
	t.K.pages, t.V.pages = p, p
}

// PageLike makes a tensor one that is read through the table of another: its layout is then that of all pages.
func (t *Tensor) PageLike(of *Tensor) { t.pages = of.pages }

// Stored is the shape of what lies in memory: of a paged operand its pages, of a quantised one bytes.
func (t *Tensor) Stored() [4]int {
	columns := t.Shape[3]
	if t.quant != nil {
		columns = t.quant.format.rowBytes(columns)
	}
	if t.pages == nil {
		return [4]int{t.Shape[0], t.Shape[1], t.Shape[2], columns}
	}
	return [4]int{t.pages.count, t.Shape[1], t.pages.page, columns}
}

// tableLayout is the table of pages. Its elements are 4-byte integers, for which there is no Format.
func (c *Case) tableLayout() *Tensor {
	t := layout(Operand{}, precision.FP32, 1, 1, c.Batch, c.pagesEach())
	return &t
}

// fillTable chooses every entry's pages.
func (c *Case) fillTable(t *Tensor) {
	each, count := c.pagesEach(), c.PageCount()
	order := make([]int, count)
	for i := range order {
		order[i] = i
	}
	switch c.Paging.Order {
	case ReversedPages:
		for i := range order {
			order[i] = count - 1 - i
		}
	case ShuffledPages:
		s := newStream(c.Values.Seed, streamPages)
		for i := range order {
			j := i + s.below(uint64(i), count-i)
			order[i], order[j] = order[j], order[i]
		}
	}
	for b := range c.Batch {
		for i := range each {
			page := order[b*each+i]
			if i < c.Paging.Shared {
				page = order[i]
			}
			binary.LittleEndian.PutUint32(t.Data[4*(b*each+i):], uint32(page))
		}
	}
}
