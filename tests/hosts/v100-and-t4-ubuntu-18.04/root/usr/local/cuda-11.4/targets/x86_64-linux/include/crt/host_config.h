#if __GNUC__ > 11
