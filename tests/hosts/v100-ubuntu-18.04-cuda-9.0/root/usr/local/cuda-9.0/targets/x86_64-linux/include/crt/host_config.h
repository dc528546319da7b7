#if __GNUC__ > 6
