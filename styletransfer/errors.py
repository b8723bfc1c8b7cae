"""What can be refused: the message of each error is a sentence for the person who asked."""


class StyleTransferError(ValueError):
    """Something cannot be done as it was asked for; the message says what, the limit and what to do."""


class AudioError(StyleTransferError):
    """A recording cannot be read, used or written."""


class WritingError(AudioError):
    """A file cannot be written where it was asked for."""


class DeviceError(StyleTransferError):
    """There is no device of the kind that JAX was told to compute on."""


class SettingsError(StyleTransferError):
    """A setting is out of range, or does not fit the others or the recordings."""
