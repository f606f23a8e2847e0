# syntax=docker/dockerfile:1
# Two stages: the first builds the bundle, the second holds Node and what ships (a few megabytes). A release pins BASE
# by digest.
ARG BASE=docker.io/library/node:20-trixie-slim

FROM ${BASE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts ./scripts
COPY config ./config
COPY src ./src
ARG SOURCE_DATE_EPOCH
# The code cache fits only a program that is started with the same limit of its heap.
RUN SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH} NODE_OPTIONS=--max-old-space-size=96 npm run build

FROM ${BASE}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="waymark" \
      org.opencontainers.image.version="${VERSION}" \
      io.waymark.sbom="/opt/waymark/dist/sbom.cdx.json" \
      org.opencontainers.image.description="Gateway agent: modem, identity, corrections and positions" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
COPY --from=build /build/dist /opt/waymark/dist
COPY --from=build /build/config /opt/waymark/config
COPY LICENSE /opt/waymark/LICENSE
# The limit of the package, well below what compose.yaml gives: one way to start, for the service and for a person.
RUN printf '%s\n' '#!/bin/sh' 'exec node --max-old-space-size=96 /opt/waymark/dist/waymark.cjs "$@"' > /usr/local/bin/waymark \
 && chmod 0755 /usr/local/bin/waymark \
 && mkdir -p /var/lib/waymark /run/waymark /etc/waymark \
 && chown 10001:10001 /var/lib/waymark /run/waymark \
 && chmod 0700 /var/lib/waymark /run/waymark
# 20 is Debian's dialout group: it owns the serial ports.
USER 10001:20
VOLUME ["/var/lib/waymark"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["waymark", "status", "--healthy"]
ENTRYPOINT ["waymark"]
CMD ["run"]
