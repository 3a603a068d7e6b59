#!/bin/sh
# The root is read-only and numba ignores a cache folder it can't write, so the compiled kernels move to /tmp first.
set -eu
if [ ! -d /tmp/kernels ]; then
    cp -R "${LAMBDA_TASK_ROOT}/kernels" /tmp/kernels.new
    mv /tmp/kernels.new /tmp/kernels
fi
export NUMBA_CACHE_DIR=/tmp/kernels
exec /lambda-entrypoint.sh "$@"
