package diagnose

import "fmt"

// Family is bugs of real kernels that an explanation resembles.
type Family struct {
	Summary string `json:"words"` // what they did, and whose they were
	Sure    string `json:"sure"`  // possible or likely, one degree below the explanation: the same numbers can have another cause
}

// families are what real kernels did, by the kind of explanation that it would have here. They are told in commit messages
// and issue threads of the projects named. A kind that no real bug is known of has none.
var families = map[string]string{
	"future":          "a causal mask that holds for the first block of keys, or for some rows of a group, alone (Metal flash attention, PyTorch on Metal)",
	"alignment":       "a diagonal at the other corner than the caller meant where q_len and kv_len differ (MLX)",
	"last-key-block":  "the tail of the keys dropped where their blocks do not come out even (MLX)",
	"first-keys-only": "keys past the first block left out (MLX)",
	"past-last-key":   "keys past the last one read where kv_len is no multiple of a block (MLX, PyTorch on Metal)",
	"mask-ignored":    "a mask lost because another kernel, which has none, is chosen for a short q (MLX)",
	"mask-inverted":   "the sense of a bool mask exchanged (Metal flash attention)",
	"mask-batch":      "the strides of a mask for each batch mistaken (MLX, PyTorch on Metal)",
	"mask-head":       "a mask for each head read by the wrong head where heads are grouped (MLX)",
	"mask-row":        "a mask with rows of its own wrong past the first rows of a threadgroup (Metal flash attention)",
	"mask-transposed": "a mask broadcast over queries read transposed",
	"kv-head":         "grouped heads ignored, or grouped otherwise (Metal flash attention)",
	"other-head":      "a head stride read from the wrong axis (Metal flash attention)",
	"window":          "a window ignored, or the window of another row used (kernels for short q)",
	"stale":           "something kept from the call before, as by a pipeline cache whose key forgets what differs (Metal flash attention, MLX)",
	"rounded":         "a number kept in the input's format on its way (MLX, PyTorch on Metal)",
}

// Family is the family that the wrong elements resemble; nil: none, or there is too little evidence.
func (d Diagnosis) Family() *Family {
	if len(d.What) == 0 {
		return nil
	}
	best := d.What[0]
	words := families[best.Kind]
	sure := sureness(best.Sure) - 1
	for _, other := range d.What[1:] { // what fits as well and is no such bug
		if best.close(other) && families[other.Kind] != words {
			sure--
			break
		}
	}
	if words == "" || sure < Possible {
		return nil
	}
	return &Family{Summary: words, Sure: sure.String()}
}

// Sentence is the family for people.
func (f *Family) Sentence() string {
	if f.Sure == Likely.String() {
		return fmt.Sprintf("Likely of a kind that real kernels had: %s.", f.Summary)
	}
	return fmt.Sprintf("Possibly of a kind that real kernels had: %s.", f.Summary)
}
