#!/bin/sh
# Take out of an environment what only its packages' authors run or compile against, and what nothing of ours can reach.
# tests/e2e/test_image.py imports all that is left.
set -eu
packages="$(echo "$1"/lib/python3.*/site-packages)"
find "$packages" -depth -type d \( -name tests -o -name test \) -exec rm -rf {} +
for name in numpy scipy sklearn pyarrow pandas; do
  [ -d "$packages/$name" ] || continue
  find "$packages/$name" -depth -type d -name include -exec rm -rf {} +
  find "$packages/$name" -type f \( -name '*.pyx' -o -name '*.pxd' -o -name '*.pxi' -o -name '*.h' -o -name '*.a' \) -delete
done
# Arrow Flight is an RPC server and client. URLs of object stores are fsspec's here; pyarrow does without its own S3.
rm -f "$packages"/pyarrow/libarrow*flight* "$packages"/pyarrow/_flight*.so "$packages"/pyarrow/libarrow_s3* "$packages"/pyarrow/_s3fs*.so
# Wheels hold no links, so these lie there three times; programs ask for the name with the major version (libx.so.2600).
rm -f "$packages"/pyarrow/libarrow_python*.so "$packages"/pyarrow/libarrow_python*.so.*.*.*
# zstandard's second back end is for PyPy.
rm -f "$packages"/zstandard/_cffi*.so
