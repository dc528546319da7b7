"""Looking back at a build: figures out of its ledger, its log of runs, its journal and its receipt. Changes nothing."""
