"""The same from Python: ctypes and NumPy arrays, which the library reads and writes in place."""
import ctypes
import sys

import numpy as np

if len(sys.argv) != 4:
    sys.exit("usage: sentiment.py LIBSLUICE.so MODEL.sluice TEXT")
library, path, text = sys.argv[1], sys.argv[2].encode(), sys.argv[3].encode()
sluice = ctypes.CDLL(library)
handle, size = ctypes.c_void_p, ctypes.c_size_t


class Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("system_error", ctypes.c_int32),
                ("offset", ctypes.c_int64), ("message", ctypes.c_char * 240)]


class Options(ctypes.Structure):
    _fields_ = [("size", size), ("flags", ctypes.c_uint32), ("isa", ctypes.c_int),
                ("max_stream_bytes", ctypes.c_uint64), ("max_step_operations", ctypes.c_uint64)]


int32s = np.ctypeslib.ndpointer(np.int32, flags="C_CONTIGUOUS")
float32s = np.ctypeslib.ndpointer(np.float32, flags="C_CONTIGUOUS")
sluice.sluice_open_file.argtypes = [ctypes.c_char_p, ctypes.POINTER(Options),
                                    ctypes.POINTER(handle), ctypes.POINTER(Error)]
sluice.sluice_stream_create.argtypes = [handle, size, ctypes.POINTER(handle), ctypes.POINTER(Error)]
sluice.sluice_next_token.argtypes = [handle, ctypes.c_char_p, size, ctypes.POINTER(size),
                                     ctypes.POINTER(ctypes.c_int32)]
sluice.sluice_next_token.restype = ctypes.c_bool
sluice.sluice_process_tokens.argtypes = [handle, int32s, size, float32s]
sluice.sluice_output_size.argtypes = [handle]
sluice.sluice_output_size.restype = size
sluice.sluice_reads_tokens.argtypes = [handle]
sluice.sluice_reads_tokens.restype = ctypes.c_bool
sluice.sluice_status_text.restype = ctypes.c_char_p
sluice.sluice_yields_last.argtypes = [handle]
sluice.sluice_yields_last.restype = ctypes.c_bool

model, stream, error = handle(), handle(), Error()
options = Options(size=ctypes.sizeof(Options), max_stream_bytes=1 << 20)
if (sluice.sluice_open_file(path, options, model, error)
        or sluice.sluice_stream_create(model, 0, stream, error)):
    sys.exit(f"{sys.argv[2]}: {error.message.decode()}")
if not sluice.sluice_reads_tokens(model) or sluice.sluice_output_size(model) != 1:
    sys.exit(f"{sys.argv[2]}: expected a model that reads words and has one output")

at, token, ids = size(0), ctypes.c_int32(), []
while sluice.sluice_next_token(model, text, len(text), at, token):
    ids.append(token.value)
tokens = np.array(ids, np.int32)
rows = 1 if sluice.sluice_yields_last(model) else len(tokens)
answers = np.empty((rows, sluice.sluice_output_size(model)), np.float32)
status = sluice.sluice_process_tokens(stream, tokens, len(tokens), answers)
if status != 0:
    sys.exit(f"{sys.argv[2]}: {sluice.sluice_status_text(status).decode()}")
answer = answers[-1, 0]
print("positive" if answer >= 0.5 else "negative", f"{answer:.3f}")
