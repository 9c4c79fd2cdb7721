package msl

import "strings"

type parameterKind uint8

const (
	bufferParameter parameterKind = iota
	threadgroupParameter
	positionParameter
)

// parameter is one parameter of a kernel.
type parameter struct {
	kind      parameterKind
	at        int // token where it begins
	name      string
	typeText  string
	slot      int    // of a buffer or of threadgroup memory
	condition string // of function_constant(condition): absent where that is false
	value     string // of a position: an expression in L, indexed by dimension where vector
	vector    bool
}

// positions are the attributes that tell a thread where it is, as what the runtime knows of a lane L.
var positions = map[string]parameter{
	"thread_position_in_grid":             {value: "L->position_in_grid", vector: true},
	"thread_position_in_threadgroup":      {value: "L->position_in_threadgroup", vector: true},
	"threadgroup_position_in_grid":        {value: "L->threadgroup->position", vector: true},
	"threads_per_threadgroup":             {value: "L->threadgroup->size", vector: true},
	"dispatch_threads_per_threadgroup":    {value: "L->threadgroup->full_size", vector: true},
	"threadgroups_per_grid":               {value: "L->threadgroup->groups", vector: true},
	"threads_per_grid":                    {value: "L->threadgroup->grid", vector: true},
	"grid_size":                           {value: "L->threadgroup->grid", vector: true},
	"grid_origin":                         {value: "msl_origin", vector: true},
	"thread_index_in_threadgroup":         {value: "L->thread"},
	"thread_index_in_simdgroup":           {value: "L->lane"},
	"simdgroup_index_in_threadgroup":      {value: "L->simdgroup->index"},
	"simdgroups_per_threadgroup":          {value: "L->threadgroup->simdgroups"},
	"dispatch_simdgroups_per_threadgroup": {value: "L->threadgroup->full_simdgroups"},
	"threads_per_simdgroup":               {value: "MSL_SIMD_WIDTH"},
	"thread_execution_width":              {value: "MSL_SIMD_WIDTH"},
	"thread_index_in_quadgroup":           {value: "(L->lane & 3)"},
	"quadgroup_index_in_threadgroup":      {value: "(L->thread / 4)"},
	"quadgroups_per_threadgroup":          {value: "((L->threadgroup->threads + 3) / 4)"},
	"dispatch_quadgroups_per_threadgroup": {value: "((L->threadgroup->full_size[0] * L->threadgroup->full_size[1] * L->threadgroup->full_size[2] + 3) / 4)"},
}

// refused are the attributes and types of what only a GPU's graphics hardware has, with what to say of them.
var refused = map[string]string{
	"stage_in": "[[stage_in]] is not supported: bind the data as a buffer",
	"texture":  "textures are not supported: bind the data as a buffer",
	"sampler":  "samplers are not supported",
	"payload":  "mesh shading is not supported", "color": "framebuffer access is not supported",
	"imageblock_data": "imageblocks are not supported",
}

// refusedTypes are the types of arguments that only a GPU's driver can make, with what to say of them.
var refusedTypes = map[string]string{
	"visible_function_table":           functionTables,
	"intersection_function_table":      functionTables,
	"acceleration_structure":           "ray tracing is not supported",
	"primitive_acceleration_structure": "ray tracing is not supported",
	"instance_acceleration_structure":  "ray tracing is not supported",
	"command_buffer":                   "commands encoded by a kernel are not supported",
}

const functionTables = "function tables are not supported: name the function in the text, by a template's parameter or a pointer to it"

const maxSlots = 31

// parametersOf reads a kernel's parameters and takes the attributes out of the text.
func (u *unit) parametersOf(d *declaration) ([]parameter, error) {
	var all []parameter
	taken := map[parameterKind]uint64{}
	var untagged []int
	parts := u.split(d.open+1, d.close)
	if len(parts) == 1 && u.source(parts[0][0], parts[0][1]) == "void" {
		parts = nil
	}
	for _, part := range parts {
		p, tagged, err := u.parameterAt(part[0], part[1])
		if err != nil {
			return nil, err
		}
		if !tagged {
			untagged = append(untagged, len(all))
		} else if p.kind != positionParameter {
			taken[p.kind] |= 1 << p.slot
		}
		all = append(all, p)
	}
	for _, i := range untagged {
		p := &all[i]
		for taken[p.kind]>>p.slot&1 != 0 {
			p.slot++
		}
		if p.slot >= maxSlots {
			return nil, u.fail(d.name, "kernel %s has more than %d buffers", u.tokens[d.name].text, maxSlots)
		}
		taken[p.kind] |= 1 << p.slot
	}
	return all, nil
}

// parameterAt reads tokens [from, to); tagged: the text names its slot.
func (u *unit) parameterAt(from, to int) (p parameter, tagged bool, err error) {
	p.at = from
	for i := from; i < to; i++ {
		t := &u.tokens[i]
		if why, ok := refusedTypes[t.text]; ok && t.kind == identifier {
			return p, false, u.fail(i, "kernel argument of type %s: %s", t.text, why)
		}
		if t.kind == identifier && (strings.HasPrefix(t.text, "texture") && u.is(i+1, "<") || t.text == "sampler" || t.text == "tensor" && u.is(i+1, "<") || strings.HasPrefix(t.text, "depth2d")) {
			return p, false, u.fail(i, "kernel argument of type %s: textures, samplers and tensors are not supported; bind the data as a buffer", t.text)
		}
	}
	end := to
	for i := from; i < to; i++ {
		if u.isAttribute(i) {
			end = min(end, i)
			i = u.tokens[i].pair
		}
	}
	if at := u.declaratorName(from, end); at >= 0 {
		p.name, p.typeText = u.tokens[at].text, u.source(from, at)
	}
	known := false
	for _, a := range u.attributesIn(from, to) {
		switch a.name {
		case "buffer", "threadgroup":
			n, ok := evaluate(a.arguments, u.constantNames())
			if !ok || n < 0 || n >= maxSlots {
				return p, false, u.fail(a.at, "%s(%s): a number from 0 to %d expected", a.name, a.arguments, maxSlots-1)
			}
			p.slot, tagged, known = int(n), true, true
			if a.name == "threadgroup" {
				p.kind = threadgroupParameter
			}
		case "function_constant":
			p.condition = a.arguments
		default:
			if why, ok := refused[a.name]; ok {
				return p, false, u.fail(a.at, "%s", why)
			}
			position, ok := positions[a.name]
			if !ok {
				continue
			}
			p.kind, p.value, p.vector = positionParameter, position.value, position.vector
			tagged, known = true, true
		}
	}
	if known {
		return p, tagged, nil
	}
	return p, false, u.untaggedKind(&p, from, end)
}

// untaggedKind returns what a parameter without a slot is: a pointer or reference to device, constant or threadgroup memory.
func (u *unit) untaggedKind(p *parameter, from, to int) error {
	pointer, space := false, ""
	for i := from; i < to; i++ {
		switch {
		case u.isOneOf(i, "*", "&", "["):
			pointer = true
		case u.isOneOf(i, "device", "constant", "threadgroup"):
			space = u.tokens[i].text
		}
	}
	switch {
	case pointer && space == "threadgroup":
		p.kind = threadgroupParameter
	case pointer && space != "":
		p.kind = bufferParameter
	default:
		return u.fail(from, "kernel argument %q has no attribute that says where it comes from: a buffer is a pointer or reference to device or constant memory, [[buffer(n)]]; a thread's place has an attribute such as [[thread_position_in_grid]]", u.source(from, to))
	}
	return nil
}
