# Every command a developer types. CI calls the same ones.
.PHONY: demo test lint unit cli cluster prove bench generate screens build dist clean

## demo: the main job on a local cluster, from the alert to the notice
demo:
	cargo run --quiet -- demo

## test: everything that must hold before a change lands
test: lint
	cargo test

## lint: formatting and clippy, warnings refused
lint:
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings

## unit: rules and everything else that needs no cluster
unit:
	cargo test --lib --test layers --test generated --test cli --test models

## cluster: against a real control plane
cluster:
	cargo test --test cluster

## prove: every promise with its checks and sabotages, in the big configurations too (minutes); then every scenario with the controllers
## killed, answers lost and writes doubled at every write (an hour; interrupted, it goes on where it stopped). Fails if one does not hold
prove:
	KUBERNAUT_PROVE=1 cargo test --quiet --test models -- --nocapture the_promises_hold
	cargo test --quiet --test cli -- --ignored prove_ --nocapture
	cargo test --quiet --test cluster -- --ignored prove_ --nocapture

## bench: the figures of the README, with date and machine (builds in release; the first time takes minutes). Only what people type:
## cargo bench --bench remediation -- commands
bench:
	cargo bench --bench rules
	cargo bench --bench remediation

## generate: writes manifests/, completions/ and docs/ anew from the code
generate:
	UPDATE=1 cargo test --test generated

## screens: draws every screen of the command line anew, for tests/cluster/snapshots and the README
screens:
	UPDATE=1 cargo test --test cluster every_screen
	UPDATE=1 cargo test --test generated

## build: the binary as it is shipped
build:
	KUBERNAUT_COMMIT=$$(git rev-parse --short HEAD) KUBERNAUT_DATE=$$(git log -1 --format=%cs) cargo build --release

## dist: archives for every target that is installed, checksums and a krew manifest, in target/archives (up to 20 minutes each)
dist:
	packaging/dist.sh
