#!/bin/sh
# Build the programs that the benchmark runs beside Bylaw, from the llama.cpp inside the source distribution of the
# llama-cpp-python that constraints.txt pins, with the compiler flags of our own wheel:
#
#   benchmarks/peers/build.sh [FOLDER] [-DGGML_CUDA=ON ...]
#
# FOLDER (default .peers/, about 1 GB) gets bin/llama-server and bin/llama-batched-bench. Further words go to CMake: a
# peer on a GPU needs what CMAKE_ARGS held when llama-cpp-python was built. About 12 minutes on 2 cores, once; a build
# that was cut off goes on where it stopped. PYTHON names the Python that fetches (default python3).
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
folder=$root/.peers
case ${1-} in
  "" | -D*) ;;
  *) folder=$1; shift ;;
esac
pin=$(sed -n 's/^\(llama-cpp-python==.*\)$/\1/p' "$root/constraints.txt")
mkdir -p "$folder"
folder=$(CDPATH='' cd -- "$folder" && pwd)

if [ ! -x "$folder/tools/bin/pip" ]; then
  "${PYTHON:-python3}" -m venv "$folder/tools"
fi
for tool in cmake ninja; do
  command -v "$tool" > /dev/null || "$folder/tools/bin/pip" install --quiet "$tool"
done
PATH=$folder/tools/bin:$PATH

if [ "$(cat "$folder/source.txt" 2> /dev/null)" != "$pin" ]; then
  echo "Fetching the source distribution of $pin"
  rm -rf "$folder/download" "$folder/source" "$folder/build"
  # pip asks the source for its metadata, with the build system that lies beside it: one of its own would take minutes.
  "$folder/tools/bin/pip" install --quiet scikit-build-core
  "$folder/tools/bin/pip" download --quiet --no-deps --no-build-isolation --no-binary llama-cpp-python \
    --dest "$folder/download" "$pin"
  mkdir -p "$folder/source"
  tar -xzf "$folder"/download/*.tar.gz -C "$folder/source" --strip-components=1
  echo "$pin" > "$folder/source.txt"
fi

# Compiled by GCC 12, llama.cpp's code for AMX crashes on quantised weights (ggml-org/llama.cpp#20824, #26954), and on others
# it is slower than AVX-512. Bylaw keeps clear of it when it loads a model; a program has to be built without.
without=
if grep -qs amx_tile /proc/cpuinfo; then
  without="-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
fi

echo "Building llama-server and llama-batched-bench; full log: $folder/build.log"
# GGML_NATIVE, OpenMP and shared libraries are what the wheel is built with.
cmake -S "$folder/source/vendor/llama.cpp" -B "$folder/build" -G Ninja \
  -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DGGML_NATIVE=ON \
  -DCMAKE_C_FLAGS="$without" -DCMAKE_CXX_FLAGS="$without" \
  -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_OPENSSL=OFF "$@" > "$folder/build.log" 2>&1 \
  && cmake --build "$folder/build" --target llama-server llama-batched-bench >> "$folder/build.log" 2>&1 \
  || { echo "The build failed; its last lines:"; tail -n 15 "$folder/build.log"; exit 1; }

mkdir -p "$folder/bin"
for program in llama-server llama-batched-bench; do
  ln -sf "$folder/build/bin/$program" "$folder/bin/$program"
done
echo "Ready: $folder/bin"
