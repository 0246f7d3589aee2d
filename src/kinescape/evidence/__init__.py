"""The reads behind the calls: which fragments a person should see, and the BAM files that hold them."""
