# Builds the program with Swift's libraries linked in; the image has Debian's C libraries, a user and nothing to build with.
#
#   docker build --build-arg COMMIT="$(Scripts/commit.sh)" --tag faultline:VERSION .
FROM swift:6.3-bookworm AS build
RUN apt-get update -qq \
    && apt-get install -qq -y --no-install-recommends liblz4-dev libprotobuf-c-dev libdeflate-dev libnghttp2-dev \
        zlib1g-dev pkg-config
WORKDIR /source
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
COPY Benchmarks Benchmarks
COPY docs/runbooks docs/runbooks
ARG COMMIT=
RUN FAULTLINE_COMMIT=$COMMIT swift build -c release --product faultline --static-swift-stdlib \
    && install -D -m 755 .build/release/faultline /out/usr/bin/faultline \
    && strip /out/usr/bin/faultline

FROM debian:bookworm-slim
RUN apt-get update -qq \
    && apt-get install -qq -y --no-install-recommends ca-certificates libdeflate0 liblz4-1 libnghttp2-14 libprotobuf-c1 \
        zlib1g \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/ /
COPY LICENSE /usr/share/doc/faultline/copyright
# A number, so that Kubernetes can tell that it isn't root.
USER 65532:65532
EXPOSE 4317 4318 9464
ENTRYPOINT ["/usr/bin/faultline"]
CMD ["serve"]
