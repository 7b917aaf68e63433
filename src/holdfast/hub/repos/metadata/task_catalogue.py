"""Every task of the Hub in words for people who choose a model: what it does, and an example.

One line per task, by group. Which tasks exist says `vocabulary`; a test holds both together.
"""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.hub.repos.metadata.tasks import task_label


@dataclass(frozen=True)
class Task:
    """A task that models are for.

    Args:
        id: a model's `pipeline_tag`.
        summary: one plain sentence.
        given: the input of the example; `answer` what a model makes of it.
    """

    id: str
    summary: str
    given: str
    answer: str

    @property
    def label(self) -> str:
        """Its name as people write it."""
        return task_label(self.id)


@dataclass(frozen=True)
class TaskGroup:
    """Tasks of one kind of data. `icon` is a name that pages know."""

    id: str
    label: str
    icon: str
    tasks: tuple[Task, ...]


_LANGUAGE = (
    Task("text-generation", "Continues a text, or answers as in a conversation.",
         "Write a haiku about rain.", "Soft rain on the roof / …"),
    Task("text-classification", "Sorts texts into classes, such as positive and negative.",
         "The film was a delight from start to end.", "positive, 99 %"),
    Task("token-classification", "Marks words in a text, such as names of people, places and companies.",
         "Ada Lovelace was born in London.", "Ada Lovelace: person · London: place"),
    Task("question-answering", "Finds the answer to a question within a text that you give.",
         "Where was she born? (in: Ada Lovelace was born in London.)", "London"),
    Task("summarization", "Makes a long text short, keeping what matters.",
         "Minutes of a meeting, 3 pages", "Three sentences with the decisions"),
    Task("translation", "Turns a text into another language.",
         "Good morning, how are you?", "Bonjour, comment allez-vous ?"),
    Task("fill-mask", "Guesses a missing word; often the start for training a model of your own.",
         "Paris is the [MASK] of France.", "capital"),
    Task("zero-shot-classification", "Sorts texts into classes that you name on the spot, without training.",
         "My parcel never came. (billing, delivery, praise?)", "delivery, 97 %"),
    Task("sentence-similarity", "Tells how close two texts are in meaning.",
         "How do I reset my password? / I forgot my login", "0.83 of 1"),
    Task("feature-extraction", "Turns a text into numbers (an embedding) for search, grouping or other models.",
         "A red bicycle", "[0.12, -0.40, 0.07, …]"),
    Task("text-ranking", "Orders texts by how well they answer a query; the second step of a good search.",
         "query: fast charging · 50 passages", "the same passages, best first"),
    Task("text-retrieval", "Finds the passages that belong to a query among very many.",
         "Which laws cover drones?", "The 10 closest passages of a collection"),
    Task("text2text-generation", "Rewrites one text as another: correct, simplify, rephrase, answer.",
         "fix: she go to school", "She goes to school."),
    Task("multiple-choice", "Chooses the best of a few given answers.",
         "Ice is … (a) warm (b) cold (c) loud", "(b) cold"),
    Task("table-question-answering", "Answers questions about a table.",
         "Which city has the most inhabitants? (a table of cities)", "Tokyo"),
    Task("table-to-text", "Says in sentences what a table holds.",
         "A table of yesterday's weather", "It was sunny with up to 21 °C."),
)  # fmt: skip
_VISION = (
    Task("image-classification", "Says what a picture shows, as one of the classes it knows.",
         "A photo of a cat", "tabby cat, 94 %"),
    Task("object-detection", "Finds things in a picture and draws a box around each.",
         "A photo of a street", "3 cars, 2 people, 1 bicycle, each with its box"),
    Task("image-segmentation", "Says of every pixel what it belongs to: road, sky, person.",
         "A photo of a street", "road, sky, car and person as coloured areas"),
    Task("mask-generation", "Cuts out whatever you point at in a picture.",
         "A photo and a click on the dog", "the dog's outline"),
    Task("depth-estimation", "Estimates from one picture how far away everything is.",
         "A photo of a room", "a map from near to far"),
    Task("text-to-image", "Makes a picture from a description.",
         "a lighthouse in a storm, watercolour", "a picture of it"),
    Task("image-to-image", "Turns one picture into another: sharper, coloured, in another style.",
         "An old black-and-white photo", "the photo in colour"),
    Task("image-to-text", "Describes a picture, or reads the text in it.",
         "A photo of a beach", "two children playing in the sand"),
    Task("image-feature-extraction", "Turns a picture into numbers (an embedding) for search or other models.",
         "A photo of a shoe", "[0.31, 0.02, -0.77, …]"),
    Task("zero-shot-image-classification", "Sorts pictures into classes that you name on the spot.",
         "A photo (cat, dog, horse?)", "horse, 96 %"),
    Task("zero-shot-object-detection", "Finds in a picture the things that you name on the spot.",
         "A photo of a desk: “blue cup”", "a box around the cup"),
    Task("keypoint-detection", "Finds points such as joints or corners, for poses and for matching pictures.",
         "A photo of a dancer", "positions of head, elbows, knees, …"),
    Task("video-classification", "Says what happens in a video.",
         "A clip of 5 seconds", "playing the piano, 91 %"),
    Task("text-to-video", "Makes a video from a description.",
         "a paper boat on a river", "a clip of it"),
    Task("image-to-video", "Lets a picture move.",
         "A photo of a waterfall", "a clip in which the water falls"),
    Task("video-to-video", "Turns one video into another: sharper, smoother, in another style.",
         "A shaky clip", "a steady one"),
    Task("unconditional-image-generation", "Makes pictures of the kind it was trained on, without a description.",
         "nothing but a random number", "a new face, flower or room"),
    Task("text-to-3d", "Makes a three-dimensional object from a description.",
         "a wooden chair", "a 3D model to turn around"),
    Task("image-to-3d", "Makes a three-dimensional object from a picture.",
         "A photo of a chair", "a 3D model to turn around"),
)  # fmt: skip
_AUDIO = (
    Task("automatic-speech-recognition", "Writes down what is said in a recording.",
         "A voice message", "“I'll be there at eight.”"),
    Task("text-to-speech", "Reads a text aloud.",
         "Welcome aboard!", "a recording of a voice saying so"),
    Task("text-to-audio", "Makes sounds or music from a description.",
         "calm piano with rain", "30 seconds of music"),
    Task("audio-classification", "Says what a recording is: a command, a language, a mood, an animal.",
         "A recording of a bird", "blackbird, 88 %"),
    Task("audio-to-audio", "Turns one recording into another: without noise, or each speaker apart.",
         "A noisy call", "the voice alone"),
    Task("voice-activity-detection", "Tells when somebody speaks in a recording.",
         "A meeting of one hour", "0:03–0:41, 0:44–1:12, …"),
)  # fmt: skip
_MULTIMODAL = (
    Task("image-text-to-text", "Talks about pictures: answers questions, explains, reads charts.",
         "A photo of a fridge: what can I cook?", "An omelette with tomatoes"),
    Task("visual-question-answering", "Answers a short question about a picture.",
         "A photo: how many dogs are there?", "2"),
    Task("document-question-answering", "Answers questions about a scanned page, such as an invoice.",
         "An invoice: what is the total?", "€ 1,284.50"),
    Task("visual-document-retrieval", "Finds the pages that answer a question, by how they look and what they say.",
         "Revenue by region, 2025", "page 14 of the report"),
    Task("audio-text-to-text", "Talks about recordings: answers questions about speech, music and sounds.",
         "A podcast: what do they disagree on?", "Whether remote work lasts"),
    Task("video-text-to-text", "Talks about videos: what happens, when and why.",
         "A clip: who scores?", "The player with number 7"),
    Task("image-text-to-image", "Changes a picture as you describe it.",
         "A photo: make it winter", "the same place under snow"),
    Task("image-text-to-video", "Makes a video from a picture and a description.",
         "A portrait: she smiles and turns", "a clip of it"),
    Task("any-to-any", "Takes and gives several kinds at once: text, pictures, sound, video.",
         "A photo and a spoken question", "a spoken answer"),
)  # fmt: skip
_TABULAR = (
    Task("tabular-classification", "Sorts rows of a table into classes.",
         "A customer's age, plan and visits", "will stay, 81 %"),
    Task("tabular-regression", "Predicts a number from a row of a table.",
         "Rooms, area and year of a house", "€ 312,000"),
    Task("time-series-forecasting", "Continues a series of numbers over time.",
         "Sales of the last 24 months", "the next 6 months"),
    Task("tabular-to-text", "Says in sentences what a row or record holds.",
         "name: Ada · born: 1815 · place: London", "Ada was born in London in 1815."),
)  # fmt: skip
_REINFORCEMENT = (
    Task("reinforcement-learning", "Acts by itself towards a goal, learned by trial and error.",
         "What a lunar lander sees", "which engine to fire"),
    Task("robotics", "Moves robots: from pictures and goals to motions.",
         "A camera image: pick up the cube", "motions of the arm"),
)  # fmt: skip
_OTHER = (
    Task("graph-ml", "Learns from networks: molecules, friendships, roads.",
         "A molecule as atoms and bonds", "dissolves in water, 90 %"),
    Task("other", "Whatever fits none of the tasks.",
         "something of its own kind", "see the model's card"),
)  # fmt: skip

TASK_GROUPS: tuple[TaskGroup, ...] = (
    TaskGroup("language", "Language", "language", _LANGUAGE),
    TaskGroup("vision", "Vision", "image", _VISION),
    TaskGroup("audio", "Audio", "audio", _AUDIO),
    TaskGroup("multimodal", "Multimodal", "layers", _MULTIMODAL),
    TaskGroup("tabular", "Tabular", "table", _TABULAR),
    TaskGroup("reinforcement-learning", "Reinforcement learning", "game", _REINFORCEMENT),
    TaskGroup("other", "Other", "cube", _OTHER),
)
"""The order in which pages show them."""

TASK_BY_ID: dict[str, Task] = {task.id: task for group in TASK_GROUPS for task in group.tasks}


def group_of(task_id: str) -> TaskGroup | None:
    """The group of a task; None for a word that is no task."""
    return next((group for group in TASK_GROUPS if any(task.id == task_id for task in group.tasks)), None)
