package campaign

import (
	"testing"
)

func TestShardsAreTheRun(t *testing.T) {
	for _, of := range []int{1, 2, 3, 7, 16} {
		for _, n := range []int{1, 15, 16, 17, 100, 256, 257, 1000} {
			counts := make([]int, of)
			for i := range n {
				holders := 0
				for number := 1; number <= of; number++ {
					if (Shard{number, of}).Holds(i) {
						holders++
						counts[number-1]++
					}
				}
				if holders != 1 {
					t.Fatalf("case %d of %d is in %d of %d shards", i, n, holders, of)
				}
			}
			for number := 1; number <= of; number++ {
				if got := (Shard{number, of}).Cases(n); got != counts[number-1] {
					t.Errorf("shard %d/%d of %d cases: %d, counted %d", number, of, n, got, counts[number-1])
				}
			}
			if counts[of-1] > 0 != (of <= Most(n)) {
				t.Errorf("%d cases in %d shards: the last has %d, Most says %d", n, of, counts[of-1], Most(n))
			}
		}
	}
}

func TestParseShard(t *testing.T) {
	if s, err := ParseShard("3/16"); err != nil || s != (Shard{3, 16}) || s.String() != "3/16" {
		t.Errorf("%v, %v", s, err)
	}
	for _, text := range []string{"", "3", "0/4", "5/4", "-1/4", "1/0", "0/0", "1/70000", "a/b", "1/2/3", "1/ 2"} {
		if s, err := ParseShard(text); err == nil {
			t.Errorf("%q is read as %v", text, s)
		}
	}
}
