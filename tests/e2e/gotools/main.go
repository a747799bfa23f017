// Command gotools reads a Sillok log with other people's tools, unchanged: golang.org/x/mod/sumdb (note and tlog) and
// github.com/transparency-dev/merkle. It knows the C2SP texts tlog-checkpoint, tlog-tiles and tlog-proof, and nothing
// of Sillok.
//
//	gotools log   -origin ORIGIN -vkey VKEY -base URL-OR-FOLDER [-samples N]
//	gotools proof -origin ORIGIN -vkey VKEY -proof FILE -leaf FILE
//
// It prints one line of JSON and exits 0, or says on standard error what doesn't hold and exits 1.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("say log or proof"))
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	origin := flags.String("origin", "", "first line of the checkpoint")
	vkey := flags.String("vkey", "", "verifier key of the log")
	base := flags.String("base", "", "address or folder under which checkpoint and tile/ lie")
	samples := flags.Int64("samples", 50, "number of records to prove, spread over the log")
	proofFile := flags.String("proof", "", "file with a tlog-proof")
	leafFile := flags.String("leaf", "", "file with the record")
	_ = flags.Parse(os.Args[2:])

	var answer any
	var err error
	switch os.Args[1] {
	case "log":
		answer, err = checkLog(*base, *origin, *vkey, *samples)
	case "proof":
		answer, err = checkProof(*proofFile, *leafFile, *origin, *vkey)
	default:
		err = fmt.Errorf("say log or proof, not %s", os.Args[1])
	}
	if err != nil {
		fail(err)
	}
	line, err := json.Marshal(answer)
	if err != nil {
		fail(err)
	}
	fmt.Println(string(line))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
