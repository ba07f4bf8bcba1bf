"""Student outcomes of new teachers and of the classrooms that host candidates."""
