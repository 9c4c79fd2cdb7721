package msl

// openclNames are words of OpenCL that mean nothing in MSL, so that a kernel may use them as names.
var openclNames = map[string]bool{
	"local": true, "global": true, "generic": true, "pipe": true, "read_only": true, "write_only": true, "read_write": true,
	"event_t": true, "clk_event_t": true, "queue_t": true, "ndrange_t": true, "reserve_id_t": true, "sampler_t": true,
	"vec_step": true, "image1d_t": true, "image2d_t": true, "image3d_t": true, "addrspace_cast": true,
}

// renameKeywords renames what the text calls by a word of OpenCL.
func (u *unit) renameKeywords() {
	for i := range u.tokens {
		if t := &u.tokens[i]; t.kind == identifier && openclNames[t.text] {
			t.text = "msl_name_" + t.text
		}
	}
}
