FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# The caches stay between builds and are no part of the image, so the binaries are copied out of them. Compressed, the
# line numbers for backtraces take a quarter of the room.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package plaza-api --package plaza-worker --bins \
    && mkdir /out \
    && for program in plaza plaza-worker; do \
        objcopy --compress-debug-sections=zlib "target/release/$program" "/out/$program" || exit 1; \
    done

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 plaza \
    && useradd --uid 10001 --gid plaza --no-create-home --home-dir /var/lib/plaza --shell /usr/sbin/nologin plaza \
    && install --directory --owner plaza --group plaza --mode 0750 /var/lib/plaza
COPY --from=build /out/ /usr/local/bin/

# By number, so that an orchestrator can tell that it is not root.
USER 10001:10001
WORKDIR /var/lib/plaza
ENV PLAZA_DATA_DIR=/var/lib/plaza \
    PLAZA_SERVER__LISTEN=0.0.0.0:8000
VOLUME /var/lib/plaza
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["plaza"]
