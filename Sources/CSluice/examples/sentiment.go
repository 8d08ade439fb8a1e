// How positive is a sentence? The library by cgo: `go build sentiment.go` with CGO_CFLAGS and CGO_LDFLAGS as pkg-config says.
package main

// #include <sluice.h>
// #include <stdlib.h>
import "C"

import (
	"fmt"
	"os"
	"unsafe"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: sentiment MODEL.sluice TEXT")
		os.Exit(2)
	}
	path, text := C.CString(os.Args[1]), C.CString(os.Args[2])
	defer C.free(unsafe.Pointer(path))
	defer C.free(unsafe.Pointer(text))
	var model *C.sluice_model_t
	var stream *C.sluice_stream_t
	var failure C.sluice_error
	if C.sluice_open_file(path, nil, &model, &failure) != 0 ||
		C.sluice_stream_create(model, 1, &stream, &failure) != 0 {
		fmt.Fprintf(os.Stderr, "%s: %s\n", os.Args[1], C.GoString(&failure.message[0]))
		os.Exit(1)
	}
	if !C.sluice_reads_tokens(model) || C.sluice_output_size(model) != 1 {
		fmt.Fprintf(os.Stderr, "%s: expected a model that reads words and has one output\n", os.Args[1])
		os.Exit(1)
	}
	var answer C.float
	var at C.size_t
	var token C.int32_t
	status := C.sluice_status(C.SLUICE_WRONG_INPUT) // until there is a word
	for C.sluice_next_token(model, text, C.size_t(len(os.Args[2])), &at, &token) {
		if status = C.sluice_step_token(stream, token, &answer); status != 0 {
			break
		}
	}
	if status != 0 {
		fmt.Fprintf(os.Stderr, "%s: %s\n", os.Args[1], C.GoString(C.sluice_status_text(status)))
		os.Exit(1)
	}
	verdict := "negative"
	if answer >= 0.5 {
		verdict = "positive"
	}
	fmt.Printf("%s %.3f\n", verdict, float32(answer))
	C.sluice_stream_destroy(stream)
	C.sluice_close(model)
}
