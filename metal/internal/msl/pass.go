package msl

import (
	"fmt"
	"slices"
)

// fact is what is true of a unit from some pass on.
type fact string

const (
	declared       fact = "its declarations are found"
	valued         fact = "its function constants are known and have their values"
	kernelsKnown   fact = "its kernels are known, and are static functions"
	entriesKnown   fact = "its entry points are known, and instantiations are taken out"
	entriesChosen  fact = "only the entry points that are wanted are left"
	constantsFixed fact = "function constants are constants of the language"
	plain          fact = "it has no attributes but those that clang knows"
	openclFree     fact = "it uses no word of OpenCL as a name"
	swizzlesSimple fact = "swizzles are assigned whole, never composed or computed on in place"
	swizzlesListed fact = "the swizzles that vectors must have are known"
	swizzlesCalled fact = "swizzles that are read are calls"
)

// pass is one step of the way from MSL to C++ for OpenCL. Most passes stand alone; needs names those that must have run
// before, by what they make true.
type pass struct {
	name  string
	needs []fact
	makes []fact
	run   func(*unit) error
}

// always is a pass's function that cannot fail.
func always(f func(*unit)) func(*unit) error {
	return func(u *unit) error { f(u); return nil }
}

// offers are the passes that find out what a text offers, in their order.
var offers = []pass{
	{"refuse what reaches past the kernel", nil, nil, (*unit).refuseHostCode},
	{"find function constants", []fact{declared}, nil, (*unit).findConstants},
	{"find kernels", []fact{declared}, []fact{kernelsKnown}, (*unit).findKernels},
	{"find entry points", []fact{kernelsKnown}, []fact{entriesKnown}, (*unit).findEntryPoints},
	{"set kernels apart from functions of their names", []fact{entriesKnown}, nil, always((*unit).setKernelsApart)},
}

// choices are the passes that make of all that is offered the program that is asked for.
var choices = []pass{
	// Of the whole text, so that all of its kernels share one precompiled header.
	{"write swizzles", []fact{declared}, []fact{swizzlesSimple}, always((*unit).writeSwizzles)},
	{"list swizzles", []fact{swizzlesSimple}, []fact{swizzlesListed}, always((*unit).listSwizzles)},
	{"give function constants their values", []fact{declared}, []fact{valued}, (*unit).giveValues},
	{"choose entry points", []fact{entriesKnown}, []fact{entriesChosen}, (*unit).chooseEntries},
	{"refuse slots that are taken twice", []fact{entriesChosen}, nil, (*unit).refuseTakenSlots},
	{"require function constants", []fact{valued, entriesChosen}, nil, (*unit).requireConstants},
}

// economies are the passes that only save work.
var economies = []pass{
	{"drop what is not reached", []fact{entriesChosen, swizzlesListed}, nil, always((*unit).dropUnreached)},
}

// translations are the passes that turn MSL into C++ for OpenCL on any target.
var translations = []pass{
	{"define static members in their structs", []fact{declared}, nil, always((*unit).defineStatics)},
	{"fix function constants", []fact{valued}, []fact{constantsFixed}, (*unit).fixConstants},
	{"limit threads", []fact{kernelsKnown}, nil, always((*unit).limitThreads)},
	{"fold infinities", nil, nil, (*unit).foldInfinities},
	{"deduce sizes", []fact{declared}, nil, always((*unit).deduceSizes)},
	{"drop attributes", []fact{kernelsKnown, constantsFixed}, []fact{plain}, always((*unit).dropAttributes)},
	{"rename words of OpenCL", nil, []fact{openclFree}, always((*unit).renameKeywords)},
	{"spell literals", nil, nil, always((*unit).spellLiterals)},
	{"make functions no constant expressions", []fact{declared}, nil, always((*unit).constantFunctions)},
	{"pass static members as functions", []fact{declared, entriesChosen}, nil, always((*unit).freeFunctions)},
	{"pass temporaries by value", []fact{declared}, nil, always((*unit).valueParameters)},
	{"call swizzles", []fact{swizzlesListed}, []fact{swizzlesCalled}, always((*unit).callSwizzles)},
	{"level conditionals", []fact{plain, swizzlesCalled}, nil, always((*unit).levelConditionals)},
	{"refer to callbacks", nil, nil, always((*unit).referenceCallbacks)},
	{"inline collectives", []fact{declared}, nil, always((*unit).inlineCollectives)},
	{"mark paths", []fact{declared}, nil, always((*unit).markPaths)},
	{"qualify methods", []fact{declared, plain, swizzlesCalled}, nil, always((*unit).qualifyMethods)},
	{"copy out of constant memory", []fact{declared}, nil, always((*unit).copyFromConstant)},
}

// spellings are the last passes: after them the text is no longer MSL.
var spellings = []pass{
	{"name address spaces", nil, nil, always((*unit).nameAddressSpaces)},
}

// passesFor lists all passes of a build for a target.
func passesFor(t target) []pass {
	return slices.Concat(offers, choices, economies, translations, t.passes(), spellings)
}

// passesForAll lists the passes that keep all of the text, what no kernel reaches too.
func passesForAll(t target) []pass {
	return slices.Concat(offers, choices, translations, t.passes(), spellings)
}

// runPasses runs passes in their order.
func (u *unit) runPasses(passes []pass) error {
	for _, p := range passes {
		if err := p.run(u); err != nil {
			return err
		}
	}
	return nil
}

// checkPasses names a pass that comes before one that it needs.
func checkPasses(passes []pass) error {
	known := map[fact]bool{declared: true} // of parsing
	for _, p := range passes {
		for _, f := range p.needs {
			if !known[f] {
				return fmt.Errorf("pass %q needs of a text that %s, and no pass before it sees to that", p.name, f)
			}
		}
		for _, f := range p.makes {
			known[f] = true
		}
	}
	return nil
}
