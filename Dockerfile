# The product's image, for machines with Docker. hack/image.sh makes the same thing without it.
FROM debian:bookworm AS build
WORKDIR /src
COPY hack/deps.sh hack/lib.sh hack/
RUN hack/deps.sh --build-only
COPY . .
RUN cmake --preset release && cmake --build --preset release

FROM debian:bookworm-slim
# The shared libraries of the programs, the authorities to verify servers by, and the time zones of schedules.
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates libcpp-httplib0.11 libfmt9 libgrpc++1.51 libprometheus-cpp-core1.0 \
       libprotobuf32 libspdlog1.10 libssl3 libyaml-cpp0.7 tzdata zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 65532 nonroot \
    && useradd --uid 65532 --gid 65532 --no-create-home --shell /usr/sbin/nologin nonroot
COPY --from=build /src/build/release/operator/dst-load-operator /src/build/release/workers/dst-load-controller /usr/local/bin/
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
