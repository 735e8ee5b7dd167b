"""totals.py LIBRARY BY: headroom_each_total over all time, as a JSON object {name: {field: number}}. BY: a number of enum headroom_by."""
import ctypes
import json
import sys

FIELDS = ("requests failed touched tokens_before tokens_after unique_before unique_after replayed elapsed_us reported input output cached "
          "cache_written priced cost saved").split()


class Totals(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int64) for name in FIELDS]


def main():
    lib = ctypes.CDLL(sys.argv[1])
    found = {}
    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(Totals))

    def one(_, name, totals):
        found[name.decode()] = {f: getattr(totals.contents, f) for f in FIELDS}
        return 0

    lib.headroom_open.restype = ctypes.c_void_p
    h = ctypes.c_void_p(lib.headroom_open(2))  # read only
    err = lib.headroom_each_total(h, ctypes.c_int64(0), ctypes.c_int64(2**62), int(sys.argv[2]), kind(one), None)
    if err:
        sys.exit(f"headroom_each_total: {err}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
