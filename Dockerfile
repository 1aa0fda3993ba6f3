# syntax=docker/dockerfile:1
# The model file is mounted, not baked in:
#   docker build -t bylaw .
#   docker run --env-file .env -v ./models:/models:ro -v bylaw-data:/data bylaw
# With an NVIDIA GPU (the two images are those of llama.cpp's own CUDA image):
#   docker build -t bylaw:cuda --build-arg BUILD_IMAGE=nvidia/cuda:12.8.1-devel-ubuntu24.04 \
#     --build-arg RUN_IMAGE=nvidia/cuda:12.8.1-runtime-ubuntu24.04 --build-arg CMAKE_ARGS="-DGGML_CUDA=on" .
#   docker run --gpus all ...
# or: docker compose -f compose.yaml -f compose.cuda.yaml up --build
# Packages are checked against the hashes in requirements.lock. It leaves out what only the build of llama-cpp-python needs.
# The images below are named by tag, and a tag can change. To pin one, look up its digest and set it as a build argument:
#   docker buildx imagetools inspect python:3.12-slim-bookworm
#   docker build -t bylaw --build-arg BUILD_IMAGE=python@sha256:... --build-arg RUN_IMAGE=python@sha256:... .

ARG BUILD_IMAGE=python:3.12-slim-bookworm
ARG RUN_IMAGE=python:3.12-slim-bookworm

FROM ${BUILD_IMAGE} AS build
ARG CMAKE_ARGS=""
# Builds for any processor and card of the kind. It cannot build for this machine's own, because a build sees no card. The
# driver's library is not in the build image either, so programs are linked without it.
ENV CMAKE_ARGS="-DGGML_NATIVE=off -DCMAKE_EXE_LINKER_FLAGS=-Wl,--allow-shlib-undefined ${CMAKE_ARGS}" \
    PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 DEBIAN_FRONTEND=noninteractive
# Debian and Ubuntu drop old versions of packages, so a pinned one would break the next build.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends build-essential git python3 python3-venv python3-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
RUN python3 -m venv /opt/bylaw
# The slow step comes first and alone, so that a change of our own code does not repeat it.
COPY requirements.lock .
RUN /opt/bylaw/bin/pip install --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY classifier classifier
COPY guild_policies guild_policies
COPY migrations migrations
RUN /opt/bylaw/bin/pip install --no-deps .

FROM ${RUN_IMAGE} AS run
ENV DEBIAN_FRONTEND=noninteractive
# The slim image already has python3, a CUDA image does not. llama.cpp's threads need libgomp.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libgomp1 \
 && { command -v python3 >/dev/null || apt-get install --yes --no-install-recommends python3; } \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --system --gid 10001 bylaw \
 && useradd --system --uid 10001 --gid bylaw --home-dir /data --shell /usr/sbin/nologin bylaw \
 && install --directory --owner bylaw --group bylaw --mode 0700 /data
COPY --from=build /opt/bylaw /opt/bylaw
# The vocabulary's folder is no secret, although its name sounds like one to the linter.
# hadolint ignore=DL3064
ENV PATH=/opt/bylaw/bin:$PATH PYTHONUNBUFFERED=1 IN_BYLAW_IMAGE=1 \
    BYLAW_DATA_DIR=/data BYLAW_MODEL_PATH=/models/gpt-oss-safeguard-20b-MXFP4.gguf TIKTOKEN_CACHE_DIR=/data/vocabulary
USER 10001:10001
WORKDIR /data
VOLUME /data
HEALTHCHECK --interval=60s --timeout=10s --start-period=180s CMD ["bylaw", "doctor", "--heartbeat"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["bylaw"]
CMD ["run"]
