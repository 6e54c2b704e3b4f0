# A static binary on an empty image, run by nobody in particular.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /out/assent ./cmd/assent \
 && CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /out/assent-verify ./cmd/assent-verify \
 && mkdir -m 0700 /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/assent /out/assent-verify /
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
VOLUME /data
EXPOSE 8080
ENV ASSENT_DATABASE=/data/assent.db ASSENT_ADDR=0.0.0.0:8080
HEALTHCHECK --interval=10s --timeout=3s CMD ["/assent", "health"]
ENTRYPOINT ["/assent"]
CMD ["serve"]
