"""The issuing desk: forms become papers and records, one by one or as a run of many, and every act is kept."""
