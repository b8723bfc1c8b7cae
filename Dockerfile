# The page in a container: docs/hosting.md tells how to build and run it, and what it may and may not write.

# Which Python. A tag moves; a digest does not: docs/hosting.md tells how to fill this in with one.
ARG PYTHON=python:3.12-slim

FROM ${PYTHON} AS packages
# cpu, or cuda for an NVIDIA graphics card.
ARG ACCELERATOR=cpu
WORKDIR /build
COPY requirements.txt requirements-cuda.txt ./
RUN python3 -m venv /opt/styletransfer
RUN case "$ACCELERATOR" in cpu) lock=requirements.txt ;; cuda) lock=requirements-cuda.txt ;; \
    *) echo "ACCELERATOR is cpu or cuda, not $ACCELERATOR" >&2; exit 1 ;; esac && \
    /opt/styletransfer/bin/python -m pip install --quiet --no-cache-dir --require-hashes --only-binary :all: -r "$lock" && \
    /opt/styletransfer/bin/python -m pip uninstall --yes --quiet pip

FROM ${PYTHON}
COPY --from=packages /opt/styletransfer /opt/styletransfer
WORKDIR /app
COPY app.py README.md LICENSE ./
COPY styletransfer ./styletransfer
COPY samples ./samples
COPY hosting/health.py ./hosting/health.py
# Nothing below /app is written once it runs, so Python's own files are made now. /data belongs to the page's user.
RUN /opt/styletransfer/bin/python -m compileall -q /app && mkdir /data && chown 1000:1000 /data
# All that outlasts the container is on the volume: listening tests with their answers, compiled programs. Visitors'
# files lie there too, as long as the page runs. What is small and short goes to /tmp.
ENV PATH=/opt/styletransfer/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    XDG_CACHE_HOME=/data/caches \
    STYLETRANSFER_DATA=/data/listening \
    GRADIO_TEMP_DIR=/data/visits \
    GRADIO_SERVER_PORT=7860
VOLUME /data
EXPOSE 7860
USER 1000:1000
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s CMD ["python", "hosting/health.py"]
# The step of a transfer that runs ends first, which takes a few seconds: give it --stop-timeout 60.
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "app.py", "--host", "0.0.0.0"]
CMD []
