.PHONY: help dev demo test test-pg check generate gallery bench fuzz build clean
.DEFAULT_GOAL := help

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'

dev: ## Run the demo, and again after each change of a page
	go tool templ generate --watch --proxy=http://127.0.0.1:8080 --cmd='go run ./cmd/assent demo'

demo: ## Run the demo
	go run ./cmd/assent demo

test: ## Run all tests that need nothing but Go
	go test ./...

test-pg: ## Run the tests on PostgreSQL too (set ASSENT_TEST_POSTGRES)
	go test ./store/...
	ASSENT_TEST_ON=postgres go test ./optin/ ./records/ ./web/... ./cmd/assent/

check: ## Run what CI runs
	bash .ci/run

generate: ## Write generated code anew
	go tool templ generate -path views
	go generate ./web/api/

gallery: ## Accept the pages as they look now
	go test ./views/gallery -update

bench: ## Measure, beside this machine's own limits
	go run ./bench
	go run ./bench -audit 1000000
	go run ./bench -sends 60s
	go run ./bench -inbox 5m
	go run ./bench -flood 1000000

fuzz: ## Fuzz every parser for ten seconds
	@for p in $$(go list ./...); do for f in $$(go test -list '^Fuzz' $$p | grep '^Fuzz'); do \
		go test -run '^$$' -fuzz "^$$f$$" -fuzztime 10s $$p || exit 1; done; done

build: ## Build the static binaries
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o assent ./cmd/assent
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o assent-verify ./cmd/assent-verify

clean: ## Remove what was built
	rm -f assent assent-verify
