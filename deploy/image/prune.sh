#!/bin/sh
# Take out of an environment what only its packages' authors run or compile against: test suites and C headers.
set -eu
packages="$(echo "$1"/lib/python3.*/site-packages)"
for name in numpy scipy sklearn pyarrow pandas; do
  [ -d "$packages/$name" ] || continue
  find "$packages/$name" -depth -type d \( -name tests -o -name include \) -exec rm -rf {} +
  find "$packages/$name" -type f \( -name '*.pyx' -o -name '*.pxd' -o -name '*.pxi' -o -name '*.h' -o -name '*.a' \) -delete
done
# Arrow Flight is an RPC server and client; zstandard's second back end is for PyPy.
rm -f "$packages"/pyarrow/libarrow*flight* "$packages"/pyarrow/_flight*.so "$packages"/zstandard/_cffi*.so
