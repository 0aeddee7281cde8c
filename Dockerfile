# SPDX-License-Identifier: Apache-2.0

# The image holds the two programs, the shared libraries they load and the models: no shell, no
# package manager. deploy/image.sh builds it with whatever engine there is, runs it and checks it.
ARG BASE=debian:trixie

FROM ${BASE} AS tools
COPY deploy/install-deps.sh /opt/
RUN /opt/install-deps.sh --build-only \
 && apt-get update -q && apt-get install -qy --no-install-recommends ccache \
 && rm -rf /var/lib/apt/lists/*

FROM tools AS build
ARG RUN_TESTS=1
ENV CMAKE_CXX_COMPILER_LAUNCHER=ccache \
    CCACHE_DIR=/ccache
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/ccache \
    if [ "$RUN_TESTS" = 1 ]; then tests=ON; else tests=OFF; fi \
 && cmake --preset release -DHILLOCK_BENCHES=OFF -DHILLOCK_TESTS=$tests \
 && cmake --build build/release
RUN if [ "$RUN_TESTS" = 1 ]; then \
      ctest --test-dir build/release -L 'unit|conformance' --no-tests=error --output-on-failure; \
    fi

# The tree of the final image. Every library comes from a Debian package, shared or linked from an
# archive; the packages are listed under /var/lib/dpkg/status.d, where vulnerability scanners look in
# an image without dpkg.
FROM build AS tree
RUN mkdir -p /tree/usr/bin /tree/usr/lib /tree/usr/lib64 /tree/etc/ssl/certs /tree/var/lib/dpkg/status.d \
 && ln -s usr/lib usr/lib64 usr/bin /tree/ \
 && install --strip build/release/hillock-server build/release/hillock /tree/usr/bin/ \
 && ldd /tree/usr/bin/* | grep -o '/[^ ]*\.so[^ ]*' | sort -u | while read -r library; do \
      path=$(realpath "$(dirname "$library")")/$(basename "$library") \
      && cp --parents --dereference "$path" /tree \
      && dpkg -S "$(realpath "$library")" | cut -d: -f1 >> /tmp/packages || exit 1; \
    done \
 && ninja -C build/release -t commands hillock-server hillock | grep -o ' /[^ ]*\.a\b' | sort -u \
    | xargs -r dpkg -S | cut -d: -f1 >> /tmp/packages \
 && sort -u /tmp/packages | while read -r package; do \
      dpkg -s "$package" > "/tree/var/lib/dpkg/status.d/$package" || exit 1; \
      cp --parents -r "/usr/share/doc/$package/copyright" /tree; \
    done \
 && cp /etc/os-release /tree/etc/ \
 && cp /etc/ssl/certs/ca-certificates.crt /tree/etc/ssl/certs/ \
 && echo 'hillock:x:65532:65532:hillock:/:/sbin/nologin' > /tree/etc/passwd \
 && echo 'hillock:x:65532:' > /tree/etc/group \
 && mkdir /tree/models && cp -r models/*/ /tree/models/ && chmod -R a+rX /tree

FROM scratch
COPY --from=tree /tree /
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
LABEL org.opencontainers.image.title="hillock" \
      org.opencontainers.image.description="gRPC inference server for multi-layer perceptrons" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
