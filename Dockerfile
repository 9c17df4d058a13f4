# One image for every service of docker-compose.yaml.
FROM python:3.11-slim
RUN groupadd --system cartage && useradd --system --gid cartage --create-home cartage
WORKDIR /opt/cartage
COPY requirements.txt requirements-scaled.txt ./
# Compiled here once: the user below may not write beside the packages, and each start would compile them anew.
RUN pip install --no-cache-dir uv==0.13.9 \
 && uv pip install --system --no-cache --compile-bytecode --require-hashes -r requirements.txt -r requirements-scaled.txt
COPY pyproject.toml README.md ./
COPY plugins plugins
RUN uv pip install --system --no-deps --no-build-isolation --editable .
COPY dags dags
COPY include include
RUN mkdir -p /var/lib/cartage /opt/airflow/logs && chown -R cartage /var/lib/cartage /opt/airflow
USER cartage
