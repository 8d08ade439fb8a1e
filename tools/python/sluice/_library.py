"""libsluice.so, which lies beside this file, and its functions with the types that sluice.h gives them."""

import ctypes
from ctypes import POINTER, c_bool, c_char_p, c_float, c_int, c_int32, c_int64, c_size_t, c_uint32, c_uint64
from pathlib import Path
from typing import Any

pointer = ctypes.c_void_p


class Error(ctypes.Structure):
    _fields_ = [("status", c_int), ("system_error", c_int32), ("offset", c_int64), ("message", ctypes.c_char * 240)]


class Options(ctypes.Structure):
    _fields_ = [
        ("size", c_size_t),
        ("flags", c_uint32),
        ("isa", c_int),
        ("max_stream_bytes", c_uint64),
        ("max_step_operations", c_uint64),
    ]


class LayerInfo(ctypes.Structure):
    _fields_ = [
        ("size", c_size_t),
        ("kind", c_char_p),
        ("storage", c_char_p),
        ("name", pointer),
        ("name_size", c_size_t),
        ("input_size", c_size_t),
        ("output_size", c_size_t),
        ("hidden_state_size", c_size_t),
        ("cell_state_size", c_size_t),
        ("weight_bytes", c_size_t),
    ]


class SpeechOptions(ctypes.Structure):
    _fields_ = [
        ("size", c_size_t),
        ("threshold", c_float),
        ("neg_threshold", c_float),
        ("min_speech_duration_ms", c_int32),
        ("min_silence_duration_ms", c_int32),
        ("speech_pad_ms", c_int32),
        ("reserved", c_int32),
    ]


class SpeechEvent(ctypes.Structure):
    _fields_ = [
        ("size", c_size_t),
        ("what", c_uint32),
        ("probability", c_float),
        ("start", c_uint64),
        ("end", c_uint64),
    ]


error = POINTER(Error)
handle = POINTER(pointer)
size = POINTER(c_size_t)
# Result, arguments. Arrays and handles are addresses: what stands there was checked in Python.
PROTOTYPES: dict[str, tuple[Any, list[Any]]] = {
    "version": (c_char_p, []),
    "status_text": (c_char_p, [c_int]),
    "isa_name": (c_char_p, [c_int]),
    "isa_available": (c_bool, [c_int]),
    "open_file": (c_int, [c_char_p, POINTER(Options), handle, error]),
    "open_memory": (c_int, [pointer, c_size_t, POINTER(Options), handle, error]),
    "close": (None, [pointer]),
    "input_size": (c_size_t, [pointer]),
    "output_size": (c_size_t, [pointer]),
    "reads_tokens": (c_bool, [pointer]),
    "yields_last": (c_bool, [pointer]),
    "is_streamable": (c_bool, [pointer]),
    "model_hash": (c_uint64, [pointer]),
    "model_topology": (c_uint64, [pointer]),
    "model_size": (c_size_t, [pointer]),
    "model_isa": (c_int, [pointer]),
    "step_operations": (c_uint64, [pointer]),
    "model_metadata": (pointer, [pointer, size]),
    "label_count": (c_size_t, [pointer]),
    "label": (pointer, [pointer, c_size_t, size]),
    "layer_count": (c_size_t, [pointer]),
    "model_layer": (c_int, [pointer, c_size_t, POINTER(LayerInfo)]),
    "next_token": (c_bool, [pointer, c_char_p, c_size_t, size, POINTER(c_int32)]),
    "stream_size": (c_size_t, [pointer, c_size_t]),
    "stream_create": (c_int, [pointer, c_size_t, handle, error]),
    "stream_destroy": (None, [pointer]),
    "stream_reset": (None, [pointer]),
    "step": (c_int, [pointer, pointer, pointer]),
    "step_token": (c_int, [pointer, c_int32, pointer]),
    "process": (c_int, [pointer, pointer, c_size_t, pointer]),
    "process_tokens": (c_int, [pointer, pointer, c_size_t, pointer]),
    "state_size": (c_size_t, [pointer]),
    "stream_save": (c_int, [pointer, pointer, c_size_t]),
    "stream_restore": (c_int, [pointer, pointer, c_size_t, error]),
    "stream_fork": (c_int, [pointer, pointer]),
    "stream_carry": (c_int, [pointer, pointer]),
    "stream_read_hidden": (c_int, [pointer, c_size_t, pointer, c_size_t]),
    "stream_read_cell": (c_int, [pointer, c_size_t, pointer, c_size_t]),
    "stream_write_hidden": (c_int, [pointer, c_size_t, pointer, c_size_t]),
    "stream_write_cell": (c_int, [pointer, c_size_t, pointer, c_size_t]),
    "batch_size": (c_size_t, [pointer, c_size_t]),
    "batch_create": (c_int, [pointer, c_size_t, handle, error]),
    "batch_destroy": (None, [pointer]),
    "batch_reset": (None, [pointer]),
    "batch_reset_stream": (c_int, [pointer, c_size_t]),
    "batch_set_stream": (c_int, [pointer, c_size_t, pointer]),
    "batch_get_stream": (c_int, [pointer, c_size_t, pointer]),
    "batch_state_size": (c_size_t, [pointer]),
    "batch_save": (c_int, [pointer, pointer, c_size_t]),
    "batch_restore": (c_int, [pointer, pointer, c_size_t, error]),
    "batch_step": (c_int, [pointer, pointer, pointer, pointer]),
    "batch_step_tokens": (c_int, [pointer, pointer, pointer, pointer]),
    "vad_create": (c_int, [pointer, POINTER(SpeechOptions), handle, error]),
    "vad_destroy": (None, [pointer]),
    "vad_sample_rate": (c_size_t, [pointer]),
    "vad_hop": (c_size_t, [pointer]),
    "vad_push_f32": (c_int, [pointer, pointer, c_size_t, size, POINTER(SpeechEvent)]),
    "vad_push_s16": (c_int, [pointer, pointer, c_size_t, size, POINTER(SpeechEvent)]),
    "vad_flush": (c_int, [pointer, POINTER(SpeechEvent)]),
    "vad_reset": (None, [pointer]),
}


class Library:
    """The functions of sluice.h as attributes, without their prefix. Each releases the interpreter's lock."""

    def __init__(self, path: Path):
        if not path.exists():
            raise ImportError(
                f"{path} is not there: this is a folder of sources; pip install ./tools/python installs it"
            )
        loaded = ctypes.CDLL(str(path))
        for name, (result, arguments) in PROTOTYPES.items():
            function = getattr(loaded, f"sluice_{name}")
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"sluice.h has no sluice_{name}, or no prototype of it stands here")


library = Library(Path(__file__).with_name("libsluice.so"))
VERSION: str = library.version().decode()


def text(function: Any, *arguments: Any) -> str | None:
    """What a function gives that returns characters and their number; None for NULL."""
    count = c_size_t()
    start = function(*arguments, ctypes.byref(count))
    return None if not start else ctypes.string_at(start, count.value).decode()
