"""Content codings of answers, piece by piece: each piece can be decoded when it has come, as servers of event streams send them.

br by libbrotlienc itself, which Python has no module for; zstd by a module that only clients and this file use.
"""
import ctypes
import zlib


class _Zlib:
    def __init__(self, window):
        self._z = zlib.compressobj(6, zlib.DEFLATED, window)

    def piece(self, data):
        return self._z.compress(data) + self._z.flush(zlib.Z_SYNC_FLUSH)

    def end(self):
        return self._z.flush()


class _Zstd:
    def __init__(self):
        import zstandard
        self._flush = zstandard.COMPRESSOBJ_FLUSH_BLOCK
        self._z = zstandard.ZstdCompressor().compressobj()

    def piece(self, data):
        return self._z.compress(data) + self._z.flush(self._flush)

    def end(self):
        return self._z.flush()


class _Brotli:
    FLUSH, FINISH = 1, 2

    def __init__(self):
        self._lib = ctypes.CDLL("libbrotlienc.so.1")
        self._lib.BrotliEncoderCreateInstance.restype = ctypes.c_void_p
        self._state = ctypes.c_void_p(self._lib.BrotliEncoderCreateInstance(None, None, None))
        self._lib.BrotliEncoderSetParameter(self._state, 1, 4)  # quality

    def _run(self, operation, data):
        out, room = b"", 65536
        source = ctypes.create_string_buffer(data, len(data))
        left, at = ctypes.c_size_t(len(data)), ctypes.c_void_p(ctypes.addressof(source))
        while True:
            to = ctypes.create_string_buffer(room)
            free, where = ctypes.c_size_t(room), ctypes.c_void_p(ctypes.addressof(to))
            if not self._lib.BrotliEncoderCompressStream(self._state, operation, ctypes.byref(left), ctypes.byref(at), ctypes.byref(free),
                                                         ctypes.byref(where), None):
                raise ValueError("brotli")
            out += to.raw[:room - free.value]
            if left.value == 0 and not self._lib.BrotliEncoderHasMoreOutput(self._state):
                return out

    def piece(self, data):
        return self._run(self.FLUSH, data)

    def end(self):
        out = self._run(self.FINISH, b"")
        self._lib.BrotliEncoderDestroyInstance(self._state)
        return out


_CODERS = {"gzip": lambda: _Zlib(31), "deflate": lambda: _Zlib(15), "bare": lambda: _Zlib(-15), "br": _Brotli, "zstd": _Zstd}


def header(names):
    """What Content-Encoding says: "bare" is the deflate of servers that leave zlib's header out."""
    return ", ".join("deflate" if n == "bare" else n for n in names)


def encode(names, pieces):
    """The pieces in these codings, the first one applied first; the last piece ends them."""
    for name in names:
        coder = _CODERS[name]()
        pieces = [coder.piece(p) for p in pieces] + [coder.end()]
    return pieces
