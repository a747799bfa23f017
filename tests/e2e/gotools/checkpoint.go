package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

// A head is what a checkpoint says.
type head struct {
	size uint64
	root []byte
}

// openCheckpoint lets sumdb/note verify the signed note and reads the three lines of a tlog-checkpoint.
func openCheckpoint(text []byte, origin, vkey string) (head, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return head{}, fmt.Errorf("vkey: %w", err)
	}
	signed, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return head{}, fmt.Errorf("checkpoint: %w", err)
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return head{}, fmt.Errorf("checkpoint: %d lines", len(lines)-1)
	}
	if lines[0] != origin {
		return head{}, fmt.Errorf("checkpoint: its origin is %q", lines[0])
	}
	size, err := strconv.ParseUint(lines[1], 10, 64)
	if err != nil {
		return head{}, fmt.Errorf("checkpoint size: %w", err)
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != rfc6962.DefaultHasher.Size() {
		return head{}, fmt.Errorf("checkpoint root: %q", lines[2])
	}
	return head{size: size, root: root}, nil
}

// checkProof verifies that a record is in the log by its tlog-proof alone, with transparency-dev/merkle.
func checkProof(proofFile, leafFile, origin, vkey string) (any, error) {
	text, err := os.ReadFile(proofFile)
	if err != nil {
		return nil, err
	}
	leaf, err := os.ReadFile(leafFile)
	if err != nil {
		return nil, err
	}
	top, checkpoint, found := strings.Cut(string(text), "\n\n")
	lines := strings.Split(top, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return nil, fmt.Errorf("this is no tlog-proof")
	}
	index, err := strconv.ParseUint(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("proof index: %w", err)
	}
	var path [][]byte
	for _, line := range lines[2:] {
		hash, err := base64.StdEncoding.DecodeString(line)
		if err != nil {
			return nil, fmt.Errorf("proof path: %w", err)
		}
		path = append(path, hash)
	}
	at, err := openCheckpoint([]byte(checkpoint), origin, vkey)
	if err != nil {
		return nil, err
	}
	hasher := rfc6962.DefaultHasher
	if err := proof.VerifyInclusion(hasher, index, at.size, hasher.HashLeaf(leaf), path, at.root); err != nil {
		return nil, fmt.Errorf("inclusion: %w", err)
	}
	return map[string]any{"origin": origin, "size": at.size, "index": index}, nil
}
