# One image for every role: the command chooses it (serve, worker, batch, flows, models, topics, ...).
#
#   docker build -t ridescore . && docker run -p 9696:9696 ridescore
#
# It answers with a linear model of the bundled rides (ridge regression). A registry mounted at /models, MODEL_REGISTRY or
# MODEL_PATH wins over it. What is installed is what the lock files name, by hash; docs/compose.md tells the rest.
ARG PYTHON_VERSION=3.13

FROM python:${PYTHON_VERSION}-slim AS packages
ARG LOCK=requirements.txt
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
# Installers live in an environment of their own, which stays behind.
RUN python3 -m venv /installers && python3 -m venv --without-pip /venv
COPY requirements-build.txt ./
RUN /installers/bin/pip install --quiet --require-hashes -r requirements-build.txt
COPY ${LOCK} ./
COPY deploy/image/prune.sh ./
RUN /installers/bin/pip --python /venv/bin/python3 install --quiet --require-hashes -r ${LOCK} && sh prune.sh /venv
COPY . ./
RUN /installers/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /installers/bin/pip --python /venv/bin/python3 install --quiet --no-deps --no-index /wheels/*.whl \
 && /venv/bin/ridescore models first --registry /models \
 && /installers/bin/cyclonedx-py environment --output-reproducible --output-file /sbom.json /venv/bin/python3

FROM python:${PYTHON_VERSION}-slim
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="ridescore" \
      org.opencontainers.image.description="Taxi ride durations scored by one model through three doors" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/ridescore/ridescore" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# The base image's pip is of no use to what runs here. Folders that volumes are mounted on belong to the group 0, so that
# a platform may choose any user id.
RUN rm -rf "$(python3 -c 'import os, pip; print(os.path.dirname(pip.__file__))')" \
 && find /usr/bin /usr/local/bin -name 'pip*' -delete \
 && for folder in /registry /rides /predictions /prefect /slots /certificates; do install -d -o 10001 -g 0 -m 0775 "$folder"; done
COPY --from=packages /venv /venv
COPY --from=packages --chown=10001:0 /models /models
COPY --from=packages /sbom.json /sbom.json
COPY deploy/image/probe.py /probe.py
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    HOST=0.0.0.0 \
    WORKER_PORT=9697 \
    MODEL_REGISTRY=/models \
    DO_NOT_TRACK=1
USER 10001:0
WORKDIR /rides
EXPOSE 9696 9697
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["python3", "-I", "-S", "/probe.py"]
ENTRYPOINT ["ridescore"]
CMD ["serve"]
