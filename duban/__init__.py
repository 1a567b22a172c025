"""The core of Duban 督办: plans, agendas, the ledger, figures, messages. Free of Prefect."""
