# The consumer alone: no development stack, no tests, no compiler, no root.

FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY schemas schemas
COPY consumer consumer
ENV PIP_CONSTRAINT=/source/constraints.txt \
    PIP_BUILD_CONSTRAINT=/source/constraints.txt \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
RUN pip wheel --no-deps --wheel-dir /wheels . \
    && python -m venv /opt/memory-consumer \
    && /opt/memory-consumer/bin/pip install /wheels/*.whl

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin consumer
COPY --from=build /opt/memory-consumer /opt/memory-consumer
ENV PATH=/opt/memory-consumer/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /tmp
# The first signal finishes the batch in hand, commits and leaves the group; a second one ends at once.
STOPSIGNAL SIGTERM
ENTRYPOINT ["memory-consumer"]
CMD ["run"]
