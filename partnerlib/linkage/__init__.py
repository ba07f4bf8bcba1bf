"""The parts of `partnerlib.link`: comparable records, the Splink model, the choice with its evidence, the quality."""
