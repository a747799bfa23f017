package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height = 8
	width  = 1 << height
)

// A source reads what lies under a base address or in a folder.
type source string

func (s source) read(path string) ([]byte, error) {
	if !strings.HasPrefix(string(s), "http") {
		return os.ReadFile(filepath.Join(string(s), filepath.FromSlash(path)))
	}
	answer, err := http.Get(strings.TrimSuffix(string(s), "/") + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// tilePath is tlog-tiles' path of a tile; level is a number or "entries".
func tilePath(level string, index uint64, entries int) string {
	name := fmt.Sprintf("%03d", index%1000)
	for index >= 1000 {
		index /= 1000
		name = fmt.Sprintf("x%03d/%s", index%1000, name)
	}
	if entries < width {
		name += fmt.Sprintf(".p/%d", entries)
	}
	return "tile/" + level + "/" + name
}

// A tiles reads tiles for sumdb/tlog, which authenticates each against the root before it is used.
type tiles struct{ source }

func (t tiles) Height() int { return height }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(wanted))
	for i, tile := range wanted {
		data, err := t.read(tilePath(fmt.Sprint(tile.L), uint64(tile.N), tile.W))
		if err != nil {
			return nil, err
		}
		found[i] = data
	}
	return found, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// checkLog reads a whole log: the checkpoint's signature, every record against the root, every tile against the
// records, and inclusion and consistency proofs of samples by both libraries.
func checkLog(base, origin, vkey string, samples int64) (any, error) {
	from := source(base)
	text, err := from.read("checkpoint")
	if err != nil {
		return nil, err
	}
	at, err := openCheckpoint(text, origin, vkey)
	if err != nil {
		return nil, err
	}
	leaves, err := readEntries(from, at)
	if err != nil {
		return nil, err
	}
	if err := checkTiles(from, leaves); err != nil {
		return nil, err
	}
	proved, err := checkSamples(from, at, leaves, samples)
	if err != nil {
		return nil, err
	}
	return map[string]any{"origin": origin, "size": at.size, "root": fmt.Sprintf("%x", at.root), "proved": proved}, nil
}

// readEntries hashes every record of the entry bundles and compares the root that comes out with the checkpoint's.
func readEntries(from source, at head) ([][]byte, error) {
	hasher := rfc6962.DefaultHasher
	grown := (&compact.RangeFactory{Hash: hasher.HashChildren}).NewEmptyRange(0)
	var leaves [][]byte
	for bundle := uint64(0); bundle*width < at.size; bundle++ {
		entries := int(min(width, at.size-bundle*width))
		path := tilePath("entries", bundle, entries)
		data, err := from.read(path)
		if err != nil {
			return nil, err
		}
		for entry := 0; entry < entries; entry++ {
			if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
				return nil, fmt.Errorf("%s ends within entry %d", path, entry)
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			leaf := hasher.HashLeaf(data[2:end])
			if err := grown.Append(leaf, nil); err != nil {
				return nil, err
			}
			leaves = append(leaves, leaf)
			data = data[end:]
		}
		if len(data) > 0 {
			return nil, fmt.Errorf("%s holds more than %d entries", path, entries)
		}
	}
	if at.size == 0 {
		return leaves, nil
	}
	root, err := grown.GetRootHash(nil)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(root, at.root) {
		return nil, fmt.Errorf("the records have the root %x, the checkpoint says %x", root, at.root)
	}
	return leaves, nil
}

// checkTiles compares each tile of each level with the hashes that the level below makes.
func checkTiles(from source, hashes [][]byte) error {
	for level := 0; len(hashes) > 0; level++ {
		var above [][]byte
		for index := 0; index*width < len(hashes); index++ {
			part := hashes[index*width : min(len(hashes), (index+1)*width)]
			path := tilePath(fmt.Sprint(level), uint64(index), len(part))
			data, err := from.read(path)
			if err != nil {
				return err
			}
			if !bytes.Equal(data, bytes.Join(part, nil)) {
				return fmt.Errorf("%s does not hold the hashes of its records", path)
			}
			if len(part) == width {
				above = append(above, fold(part))
			}
		}
		hashes = above
	}
	return nil
}

func fold(hashes [][]byte) []byte {
	for len(hashes) > 1 {
		var above [][]byte
		for i := 0; i < len(hashes); i += 2 {
			above = append(above, rfc6962.DefaultHasher.HashChildren(hashes[i], hashes[i+1]))
		}
		hashes = above
	}
	return hashes[0]
}

// checkSamples proves records and older heads, spread over the log: sumdb/tlog makes each proof from authenticated
// tiles, and transparency-dev/merkle verifies it.
func checkSamples(from source, at head, leaves [][]byte, samples int64) (int, error) {
	if at.size == 0 {
		return 0, nil
	}
	size := int64(at.size)
	tree := tlog.Tree{N: size, Hash: tlog.Hash(at.root)}
	reader := tlog.TileHashReader(tree, tiles{from})
	proved := 0
	for sample := int64(0); sample < min(samples, size); sample++ {
		index := sample * (size - 1) / max(1, min(samples, size)-1)
		record, err := tlog.ProveRecord(size, index, reader)
		if err != nil {
			return 0, fmt.Errorf("record %d: %w", index, err)
		}
		path := rawHashes(record)
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(index), at.size, leaves[index], path, at.root); err != nil {
			return 0, fmt.Errorf("record %d: %w", index, err)
		}
		older := index + 1
		grown, err := tlog.ProveTree(size, older, reader)
		if err != nil {
			return 0, fmt.Errorf("tree of %d: %w", older, err)
		}
		root, err := tlog.TreeHash(older, reader)
		if err != nil {
			return 0, fmt.Errorf("tree of %d: %w", older, err)
		}
		if err := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(older), at.size, rawHashes(grown), root[:], at.root); err != nil {
			return 0, fmt.Errorf("tree of %d: %w", older, err)
		}
		proved++
	}
	return proved, nil
}

func rawHashes(hashes []tlog.Hash) [][]byte {
	raw := make([][]byte, len(hashes))
	for i, hash := range hashes {
		raw[i] = hash[:]
	}
	return raw
}
