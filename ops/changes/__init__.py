"""What a change of templates does to what is there: made anew, refused, gone."""
