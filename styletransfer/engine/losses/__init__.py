"""What is lowered: the losses of either engine, of spectrograms and of sounds."""
