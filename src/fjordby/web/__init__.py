"""The pages and the interface behind them: a local server that shows a study."""
