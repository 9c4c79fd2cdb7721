package msl

// sized are templates of MSL's by the size of what they hold, and the type that the size has here.
var sized = map[string]string{"vec": "int", "packed_vec": "int", "matrix": "int", "simdgroup_matrix": "int", "array": "size_t"}

// deduceSizes lets a template deduce the size of a vector, matrix or array in any type of integer, as MSL does: to clang the
// parameter must have the very type that the size has in the vector's own template.
//
//	template <typename T, uint N> T first(vec<T, N> v);      template <typename T, int N> T first(vec<T, N> v);
func (u *unit) deduceSizes() {
	for n := range u.declarations {
		d := &u.declarations[n]
		if d.templateFrom < 0 || d.name < 0 || u.is(d.name-1, "::") {
			continue
		}
		from, to := d.open, d.close // of what the parameters are deduced from
		if d.kind == structDeclaration {
			from, to = d.name+1, d.body // a specialization
			if !u.is(from, "<") {
				continue
			}
		}
		if from < 0 {
			continue
		}
		for _, part := range u.split(d.templateFrom+2, d.templateTo-1) {
			u.deduceSize(part, from, to)
		}
	}
}

// deduceSize does it to the template parameter in part, where tokens [from, to) have it as the size of something.
func (u *unit) deduceSize(part [2]int, from, to int) {
	name := part[1] - 1
	for i := part[0]; i < part[1]; i++ {
		if u.is(i, "=") {
			name = i - 1
			break
		}
	}
	if name <= part[0] || !u.isIdentifier(name) {
		return
	}
	for i := part[0]; i < name; i++ {
		if !u.isOneOf(i, "uint", "ushort", "ulong", "uchar", "int", "short", "long", "char", "unsigned", "signed", "size_t", "uint32_t", "uint16_t", "uint8_t", "uint64_t", "int32_t") {
			return
		}
	}
	for i := from; i < to; i++ {
		wanted := sized[u.tokens[i].text]
		if wanted == "" || !u.is(i+1, "<") {
			continue
		}
		end := u.closingAngle(i + 1)
		if end < 0 || end > to {
			continue
		}
		for _, argument := range u.split(i+2, end) {
			if argument[0]+1 == argument[1] && u.tokens[argument[0]].text == u.tokens[name].text {
				u.blank(part[0]+1, name)
				u.tokens[part[0]].text = wanted
				return
			}
		}
	}
}
