FROM node:22-slim AS pages
WORKDIR /build
COPY admin/package.json admin/package-lock.json admin/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY admin/ ./
RUN npm run build

FROM python:3.12-slim AS packages
WORKDIR /app
RUN python -m venv .venv
# requirements-otel.lock has the packages of traces too (TRACING=true).
ARG REQUIREMENTS=requirements.lock
COPY requirements*.lock ./
RUN .venv/bin/pip install --no-cache-dir --require-hashes --requirement $REQUIREMENTS

FROM python:3.12-slim
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 ENVIRONMENT=production HOST=0.0.0.0
WORKDIR /app
RUN useradd --system --uid 10001 allover
COPY --from=packages /app/.venv .venv
COPY . .
COPY --from=pages /build/dist admin/dist
# The files stay where they are; this makes the `allover` command.
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable . && python -m compileall -q .
USER allover
EXPOSE 8000
# Of the server; worker and scheduler are asked at METRICS_PORT.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/ready', timeout=2)"]
CMD ["allover", "serve"]
