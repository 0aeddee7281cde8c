# SPDX-License-Identifier: Apache-2.0

# The image holds the two programs, the shared libraries they load and the models: no shell, no
# package manager. deploy/image.sh builds it with whatever engine there is, runs it and checks it.
#
# Everything is compiled on the machine's own platform; for another one by a cross compiler.
ARG BASE=debian:trixie

FROM --platform=$BUILDPLATFORM ${BASE} AS packages
ARG TARGETARCH
COPY deploy/install-deps.sh cmake/*-linux-gnu.cmake /opt/
# /opt/toolchain names the toolchain file; it is empty where none is needed.
RUN if [ "$TARGETARCH" = "$(dpkg --print-architecture)" ]; then \
      /opt/install-deps.sh --build-only && touch /opt/toolchain; \
    else \
      /opt/install-deps.sh --cross "$TARGETARCH" \
      && ls "/opt/$(dpkg-architecture -f -a"$TARGETARCH" -qDEB_HOST_GNU_TYPE).cmake" > /opt/toolchain; \
    fi \
 && apt-get install -qy --no-install-recommends ccache \
 && rm -rf /var/lib/apt/lists/*
ENV CMAKE_CXX_COMPILER_LAUNCHER=ccache \
    CCACHE_DIR=/ccache \
    CCACHE_SLOPPINESS=pch_defines,time_macros

# What runs programs of another platform.
FROM packages AS emulators
ARG TARGETARCH
RUN cp --dereference \
    "/usr/bin/qemu-$(dpkg-architecture -f -a"$TARGETARCH" -qDEB_HOST_GNU_CPU)-static" /emulator
FROM scratch AS emulator
COPY --from=emulators /emulator /

FROM packages AS onednn
ARG TARGETARCH
ARG CCACHE_DISABLE
COPY deploy/image/onednn.sh /opt/
RUN --mount=type=cache,target=/ccache /opt/onednn.sh "$TARGETARCH" $(cat /opt/toolchain)

FROM onednn AS build
ARG TARGETARCH
ARG CCACHE_DISABLE
ARG RUN_TESTS=1
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/ccache \
    deploy/image/build.sh "$TARGETARCH" "$RUN_TESTS" $(cat /opt/toolchain)

FROM build AS tree
ARG TARGETARCH
ARG SOURCE_DATE_EPOCH=0
RUN deploy/image/tree.sh build/release "$TARGETARCH" "$SOURCE_DATE_EPOCH" /tree /models

FROM scratch
COPY --from=tree /tree /
COPY --from=tree /models /models
ENV PATH=/usr/bin
USER 65532:65532
EXPOSE 8001 8002
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD ["hillock", "health"]
ENTRYPOINT ["hillock-server"]
CMD ["--repository", "/models", "--listen", "0.0.0.0:8001", "--http-listen", "0.0.0.0:8002"]
ARG VERSION=
ARG REVISION=
ARG CREATED=
ARG SOURCE=
LABEL org.opencontainers.image.title="hillock" \
      org.opencontainers.image.description="gRPC inference server for multi-layer perceptrons" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.ref.name="${VERSION}" \
      org.opencontainers.image.authors="The Hillock Authors" \
      org.opencontainers.image.vendor="The Hillock Authors" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.url="${SOURCE}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.documentation="${SOURCE}"
