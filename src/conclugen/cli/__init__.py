"""The command `conclugen`: one file for each subcommand, none of which any job runs."""
