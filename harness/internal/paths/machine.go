package paths

import "errors"

// ErrMachine marks an error of Attend for which neither the case nor the implementation is to blame, such as that nothing can be
// compiled where the disk is full. It judges no case: it ends the run, which can be resumed when the machine is well again.
var ErrMachine = errors.New("this machine cannot go on")
