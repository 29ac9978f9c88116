"""Models and datasets from a hub, and the packages of an image."""

import re

from bot.incidents.signatures.form import Signature, Stage

TABLE = (
    Signature(
        name="hub-access",
        stage=Stage.CAUSE,
        says="the hub refused access: no token, a wrong one, or no permission",
        words=("gatedrepoerror", "401 client error", "403 client error", "cannot access gated repo", "trying to access a gated repo", "invalid user token", "invalid username or password", "awaiting a review from the repo authors", "403 forbidden"),
        source="huggingface_hub/utils/_http.py hf_raise_for_status; transformers/utils/hub.py cached_file",
    ),
    Signature(
        name="hub-not-found",
        stage=Stage.CAUSE,
        says="the hub does not have this model, dataset, revision or file",
        words=("repositorynotfounderror", "revisionnotfounderror", "entrynotfounderror", "404 client error", "is not a local folder and is not a valid model identifier", "does not appear to have a file named", "datasetnotfounderror", "doesn't exist on the hub", "repo id must be", "hfvalidationerror"),
        source="huggingface_hub errors.py; transformers/utils/hub.py; datasets/load.py",
    ),
    Signature(
        name="hub-rate-limit",
        stage=Stage.CAUSE,
        says="the hub refused more requests for now",
        words=("429 client error", "too many requests for url", "hit the rate limit", "rate limit exceeded"),
        source="huggingface_hub hf_raise_for_status on 429",
    ),
    Signature(
        name="hub-unreachable",
        stage=Stage.CAUSE,
        says="the hub could not be reached",
        words=("couldn't connect to 'https://huggingface.co'", "we couldn't connect to", "localentrynotfounderror", "offlinemodeisenabled", "couldn't reach", "an error happened while trying to locate the file on the hub", "server error for url: https://huggingface.co", "host='huggingface.co'", "host='hf.co'", "cas-bridge.xethub", "huggingface.co"),
        pattern=re.compile(r"(?i)couldn't (?:connect|reach)|LocalEntryNotFound|OfflineMode|trying to locate the file|(?:50\d|5\d\d) Server Error.{0,200}huggingface|host='(?:[\w.-]*\.)?(?:huggingface\.co|hf\.co)'|(?:timeout|timed out|max retries|connection).{0,200}huggingface\.co"),
        source="transformers/utils/hub.py, huggingface_hub file_download.py, requests",
    ),
    Signature(
        name="module-missing",
        stage=Stage.CAUSE,
        says="a package is missing, or of a version that does not fit",
        words=("modulenotfounderror", "no module named", "importerror", "cannot import name", "versionconflict", "pkg_resources.distributionnotfound", "packagenotfounderror"),
        source="Python's import system",
    ),
    Signature(
        name="package-install",
        stage=Stage.CAUSE,
        says="a package could not be installed",
        words=("no matching distribution found", "could not find a version that satisfies", "subprocess-exited-with-error", "failed building wheel", "resolutionimpossible", "could not install packages due to", "no solution found when resolving"),
        source="pip/_internal; uv",
    ),
)  # fmt: skip
